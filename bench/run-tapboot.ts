import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { projectRoot, type Bench } from './host.js';
import type { RunCost, TimedEvent } from './run-cost.js';

/** Which tapboot runs, and where. */
export interface TapbootPlace {
  /** The tree whose `bin/tapboot.mjs` it is. */
  tree: string;
  /** Working directory: its `scenarios/` are run. */
  cwd: string;
  env: Record<string, string>;
  /** Exit codes that are no error of the run (default: 0). */
  accepted?: readonly number[];
}

/** Our own tapboot in `cwd`, with snapshots in `snapshots`; all else is the user's cache. */
export const ownTapboot = (cwd: string, snapshots: string): TapbootPlace => ({
  tree: projectRoot,
  cwd,
  env: {
    TAPBOOT_SNAPSHOT_DIR: snapshots,
    BOOT_IMAGE_VM_LEDGER_PATH: `${snapshots}-ledger.jsonl`,
  },
});

let runs = 0;

/**
 * Runs `tapboot run ARGS`, with what it uses accounted.
 * @throws Error with the end of its output when it exits with a code that is not accepted
 */
export async function runTapboot(
  bench: Bench,
  { tree, cwd, env, accepted = [0] }: TapbootPlace,
  args: readonly string[],
): Promise<RunCost> {
  const directory = join(bench.directory, `run-${String(++runs)}`);
  mkdirSync(directory);
  const [usage, allCpu, events] = ['usage.json', 'cpu', 'events.jsonl'].map((name) =>
    join(directory, name),
  ) as [string, string, string];
  const driver = [
    ...[process.execPath, '--import', join(projectRoot, 'bench/usage.mjs')],
    ...[join(tree, 'bin/tapboot.mjs'), 'run', '--log-root', join(directory, 'notes')],
    ...['--report', `events=${events}`],
  ];
  const began = performance.now();
  const { exitCode, stdout, stderr, shortMessage } = await execa(
    'perl',
    [join(projectRoot, 'bench/all-cpu.pl'), allCpu, ...driver, ...args],
    {
      cwd,
      reject: false,
      stdin: 'ignore',
      env: { BENCH_USAGE: usage, CI: '', ...env },
    },
  );
  const seconds = (performance.now() - began) / 1000;
  const told = readEvents(events);
  if (exitCode === undefined || !accepted.includes(exitCode)) {
    const failures = told.flatMap(({ failure, scenario }) =>
      failure === undefined ? [] : [`${scenario?.id ?? 'run'}: ${failure.code} ${failure.message}`],
    );
    const end = `${stdout}\n${stderr}`.trim().split('\n').slice(-20);
    throw new Error(
      `tapboot run ${args.join(' ')} ended with ${String(exitCode)} (${shortMessage ?? ''})\n` +
        [...new Set(failures.length > 0 ? failures : end)].join('\n'),
    );
  }
  const { cpu, peak } = JSON.parse(readFileSync(usage, 'utf8')) as { cpu: number; peak: number };
  return {
    seconds,
    cpuSeconds: Number(readFileSync(allCpu, 'utf8')),
    driverSeconds: cpu,
    peakMegabytes: peak,
    events: told,
  };
}

/** None where the run did not get as far. */
function readEvents(file: string): TimedEvent[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as TimedEvent);
}
