// Test files as a job of the queue, and what all jobs come to.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tree } from './tree.mjs';
import { runChild } from './run-child.mjs';

const GROUP = fileURLToPath(new URL('test-group.mjs', import.meta.url));
/** What no test file takes on the slowest of machines; only one that hangs meets it. */
const LIMIT_MS = 45 * 60_000;

/** Sums up what all jobs say, a job at a time: two at once would mix their lines. */
export class Tally {
  passed = 0;
  failed = 0;
  /** @type {Map<string, number>} seconds by name of a test file or check */
  times = new Map();
  /** @type {Map<string, number>} CPU seconds by name of a job */
  cpu = new Map();
  /** @param {(text: string) => void} print */
  constructor(print) {
    this.print = print;
  }
  #failures = [];

  add({ passed, failed, failures }) {
    this.passed += passed;
    this.failed += failed;
    this.#failures.push(...failures);
  }

  /** One check that says yes or no as a whole. */
  check(name, ok, seconds, output) {
    this.add({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, failures: ok ? [] : [name] });
    if (seconds > 0) this.times.set(name, seconds);
    this.print(`${ok ? 'ok  ' : 'FAIL'} ${name} (${seconds.toFixed(1)} s)`);
    if (!ok) this.print(output.trimEnd().replace(/^/gm, '  '));
  }

  /** All that failed once more, and the closing line. */
  close() {
    for (const name of this.#failures) this.print(`# failed: ${name}`);
    this.print(`${String(this.passed)} passed, ${String(this.failed)} failed`);
  }
}

/**
 * Runs compiled test files in a process of their own.
 * @param {string[]} files relative to the tree
 * @param {Tally} tally
 * @param {{ comments: boolean, env?: Record<string, string>, job?: string }} options `comments`: the log is to
 *   have what tests say beside their verdicts; `job`: its name, that of the first file as a rule
 * @returns {Promise<import('./tap-counter.mjs').TapCounter>}
 */
export async function runTapJob(files, tally, { comments, env, job = files[0] }) {
  // Its packages are there once set-up has run, and this module is loaded before.
  const { TapCounter } = await import('./tap-counter.mjs');
  const lines = [];
  const counter = new TapCounter((text) => lines.push(text), { comments });
  let errors = '';
  const name = files[0].replaceAll('/', '-');
  const { status, output } = await runChild(
    process.execPath,
    ['--enable-source-maps', GROUP, ...files],
    {
      cwd: tree.root,
      env,
      limitMs: LIMIT_MS,
      log: join(tree.state, 'logs', `${name}.tap`),
      onStdout: (chunk) => counter.write(chunk),
      onStderr: (chunk) => {
        errors = (errors + chunk.toString()).slice(-8192);
      },
    },
  );
  const verdict = await counter.end();
  tally.add(counter);
  const [, cpu] = /^# cpu ([\d.]+) s$/m.exec(errors) ?? [];
  if (cpu !== undefined) tally.cpu.set(job, Number(cpu));
  for (const { name: file, seconds } of counter.files) tally.times.set(file, seconds);
  if (counter.skipped > 0) lines.push(`# ${String(counter.skipped)} skipped in ${files[0]}`);
  if (lines.length > 0) tally.print(lines.join('\n'));
  // A process that crashed, or ran nothing, must not look like a pass.
  const sound = (status === 0 && verdict.ok && counter.passed > 0) || counter.failed > 0;
  if (!sound || counter.files.length < files.length) {
    const ended = new Set(counter.files.map((file) => file.name));
    const missing = files.filter((file) => !ended.has(file)).join(', ') || files.join(', ');
    tally.check(`${missing}: its process ended with ${String(status)}`, false, 0, errors || output);
  }
  return counter;
}
