// Runs compiled test files, one after the other, in this one process; prints TAP.
//
//   node bin/setup/test-group.mjs FILE…     relative to the tree, as test/unit/errors.test.ts
import { readFileSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { pathToFileURL } from 'node:url';
import { compiledFile } from './test-compile.mjs';

// tap names temporary directories by the command line, which may be longer than a name can be.
const files = process.argv.splice(2);
// Seconds. No test is judged by its time: this is met only by one that hangs.
process.env.TAP_TIMEOUT ??= '2700';
const { default: tap } = await import('tap');

/** Clock ticks a second, as the kernel reports them to programs on every architecture. */
const TICKS = 100;

// CPU seconds of this process and of all that were started by it and have ended: proc(5), utime
// to cstime. Waiting costs a test run nothing, so a file is judged by this.
process.on('exit', () => {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  writeSync(2, `# cpu ${String(ticks / TICKS)} s\n`);
});

// tap would go on with the tests that remain. QEMU and all else end with us.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.prependListener(signal, () => process.exit(128 + constants.signals[signal]));
}

const group = new Map();
globalThis[Symbol.for('tapboot.test-group')] = group;

for (const file of files) {
  await tap.test(file, async (t) => {
    group.set(file, t);
    await import(pathToFileURL(compiledFile(file)).href);
  });
}
