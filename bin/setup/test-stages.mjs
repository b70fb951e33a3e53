// `npm test`: set up, then every check there is, and one closing line for all of them.
import { join } from 'node:path';
import { localBin, tree } from './tree.mjs';
import { prepare } from './prepare.mjs';
import { runChild } from './run-child.mjs';
import { SetupError } from './setup-error.mjs';
import { testFiles } from './test-files.mjs';
import { TEST_HELP, testOptions } from './test-options.mjs';

const print = (text) => process.stdout.write(`${text}\n`);

class Tally {
  passed = 0;
  failed = 0;
  #failures = [];

  add({ passed, failed, failures }) {
    this.passed += passed;
    this.failed += failed;
    this.#failures.push(...failures);
  }

  /** One check that says yes or no as a whole. */
  check(name, ok, seconds, output) {
    this.add({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, failures: ok ? [] : [name] });
    print(`${ok ? 'ok  ' : 'FAIL'} ${name} (${seconds.toFixed(1)} s)`);
    if (!ok) print(output.trimEnd().replace(/^/gm, '  '));
  }

  /** All that failed once more, and the closing line. */
  close() {
    for (const name of this.#failures) print(`# failed: ${name}`);
    print(`${String(this.passed)} passed, ${String(this.failed)} failed`);
  }
}

async function timed(work) {
  const start = performance.now();
  const result = await work();
  return { ...result, seconds: (performance.now() - start) / 1000 };
}

async function lint(tally) {
  const { linters } = await import('./linters.mjs');
  for (const linter of linters()) {
    const { status, output, seconds } = await timed(() =>
      runChild(linter.file, linter.args, { cwd: tree.root }),
    );
    tally.check(`lint: ${linter.name}`, status === 0, seconds, output);
  }
}

async function types(tally) {
  const args = ['-p', join(tree.root, 'tsconfig.json'), '--pretty', 'false'];
  const { status, output, seconds } = await timed(() =>
    runChild(localBin('tsc'), args, { cwd: tree.root }),
  );
  tally.check('types', status === 0, seconds, output);
}

/**
 * Runs test files by `tap`, two at a time: an emulated guest keeps one core busy.
 * @param {boolean} comments whether the log is to have what tests say beside their verdicts
 */
async function tests(name, files, jobs, tally, comments = false) {
  if (files.length === 0) return;
  print(`# ${name}: ${String(files.length)} test files`);
  const { TapCounter } = await import('./tap-counter.mjs');
  const counter = new TapCounter(print, { comments });
  let errors = '';
  const { status } = await runChild(
    localBin('tap'),
    ['run', '--reporter=tap', `--jobs=${String(jobs)}`, ...files],
    {
      cwd: tree.root,
      log: join(tree.state, 'logs', `test-${name}.tap`),
      onStdout: (chunk) => counter.write(chunk),
      onStderr: (chunk) => {
        errors = (errors + chunk.toString()).slice(-8192);
      },
    },
  );
  const verdict = await counter.end();
  tally.add(counter);
  if (counter.skipped > 0) print(`# ${name}: ${String(counter.skipped)} skipped`);
  // A runner that crashed, or ran nothing, must not look like a pass.
  const sound = (status === 0 && verdict.ok && counter.passed > 0) || counter.failed > 0;
  if (!sound)
    tally.check(`${name}: the test runner ended with ${String(status)}`, false, 0, errors);
}

/**
 * @param {string[]} args what follows `npm test --`
 * @returns {Promise<number>} exit code; the last line of stdout is `N passed, N failed`
 */
export async function runTests(args) {
  const options = testOptions(args);
  if (options.help) {
    process.stdout.write(TEST_HELP);
    return 0;
  }
  const files = testFiles(options.files);
  const tally = new Tally();
  const stages = {
    lint: () => lint(tally),
    types: () => types(tally),
    unit: () => tests('unit', files.unit, 2, tally),
    vm: () => tests('vm', files.vm, 2, tally, true),
    nix: () => tests('nix', files.nix, 1, tally, true),
  };
  let exitCode = 0;
  try {
    await prepare('test', { mayInstall: options.mayInstall });
    for (const stage of options.stages) {
      try {
        await stages[stage]();
      } catch (error) {
        tally.check(stage, false, 0, error.stack ?? String(error));
      }
    }
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    tally.check('set-up', false, 0, error.describe());
    exitCode = error.exitCode;
  }
  if (tally.passed + tally.failed === 0) tally.check('nothing was tested', false, 0, '');
  if (exitCode === 0 && tally.failed > 0) exitCode = 1;
  tally.close();
  return exitCode;
}
