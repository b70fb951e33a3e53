// `npm run lint`: every linter, one after the other; the exit code says whether all are content.
import { linters } from './setup/linters.mjs';
import { ensureNodePackages } from './setup/node-packages.mjs';
import { runChild } from './setup/run-child.mjs';
import { tree } from './setup/tree.mjs';

/** What a shell, and `runChild`, say of a program that could not be started. */
const COULD_NOT_START = 127;

await ensureNodePackages('test');
for (const { name, file, args } of linters()) {
  const { status, output } = await runChild(file, args, { cwd: tree.root });
  process.stdout.write(`${status === 0 ? 'ok  ' : 'FAIL'} ${name}\n`);
  if (status !== 0) {
    process.stdout.write(`${output.trimEnd()}\n`);
    if (status === COULD_NOT_START) {
      process.stdout.write(
        `next: \`npm test -- --lint\` installs what is missing, and runs the linters\n`,
      );
    }
    process.exitCode = 1;
  }
}
