// The one door of `npm start` and `npm test`: needs nothing but Node, does all set-up, then
// hands over. stdout carries what was asked for and nothing else; set-up speaks on stderr.
//
//   node bin/setup.mjs start [ARG…]   set up, then `tapboot run ARG…`
//   node bin/setup.mjs test [ARG…]    set up, then lint, types, unit tests, real-VM tests
//   node bin/setup.mjs prepare        set up for a run, and stop there
//   node bin/setup.mjs packages       all packages of npm, those of tests and tools, too
import { checkNodeVersion } from './setup/node-version.mjs';
import { SetupError } from './setup/setup-error.mjs';

const USAGE = 'usage: node bin/setup.mjs start|test|prepare|packages [--no-install] [ARG…]\n';

const commands = {
  async start(args) {
    const { prepare } = await import('./setup/prepare.mjs');
    const helpOnly = args.some((arg) => arg === '--help' || arg === '-h');
    const { imageOf } = await import('./setup/image-packages.mjs');
    await prepare('run', {
      mayInstall: !args.includes('--no-install'),
      hostPackages: !helpOnly,
      image: imageOf(args),
    });
    const { tree } = await import('./setup/tree.mjs');
    const { main } = await import(tree.entry);
    await main(['run', ...args]);
  },
  async test(args) {
    const { runTests } = await import('./setup/test-stages.mjs');
    process.exitCode = await runTests(args);
  },
  async prepare(args) {
    const { prepare } = await import('./setup/prepare.mjs');
    await prepare('run', { mayInstall: !args.includes('--no-install') });
  },
  async packages() {
    const { ensureNodePackages } = await import('./setup/node-packages.mjs');
    const { withTreeLock } = await import('./setup/tree-lock.mjs');
    await withTreeLock(() => ensureNodePackages('test'));
  },
};

const [name = '', ...args] = process.argv.slice(2);
try {
  checkNodeVersion();
  if (!Object.hasOwn(commands, name)) {
    process.stderr.write(USAGE);
    process.exitCode = 2;
  } else {
    await commands[name](args);
  }
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`tapboot: ${error.describe()}\n`);
  process.exitCode = error.exitCode;
}
