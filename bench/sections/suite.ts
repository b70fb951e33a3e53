import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { projectRoot, type Bench } from '../host.js';
import { sampleOf, type Sample } from '../measure.js';
import type { Goal, SectionResult } from '../result.js';

/** What one run of the command took. */
interface RunCost {
  seconds: number;
  /** CPU time of the driver itself, without QEMU. */
  driverSeconds: number;
  peakMegabytes: number;
  /** Seconds of each step and scenario, from the run's events. */
  events: TimedEvent[];
}

interface TimedEvent {
  type: string;
  scenario?: { id: string };
  step?: { index: number };
  outcome?: string;
  durationMs?: number;
  phase?: string;
  vm?: string;
  seconds?: number;
}

/** Runs `tapboot run ARGS` in `cwd`; its own CPU time comes from the kernel's accounting. */
async function runTapboot(bench: Bench, cwd: string, args: string[]): Promise<RunCost> {
  const logRoot = join(bench.directory, `notes-${String(performance.now())}`);
  const report = join(bench.directory, 'usage.json');
  const began = performance.now();
  await execa(
    process.execPath,
    [
      ...['--import', join(projectRoot, 'bench/usage.mjs'), join(projectRoot, 'bin/tapboot.mjs')],
      ...['run', '--log-root', logRoot, '--report', `events=${join(logRoot, 'events.jsonl')}`],
      ...args,
    ],
    {
      cwd,
      env: {
        TAPBOOT_SNAPSHOT_DIR: statesOf(bench),
        BENCH_USAGE: report,
        CI: '',
        BOOT_IMAGE_VM_LEDGER_PATH: join(bench.directory, 'ledger.jsonl'),
      },
    },
  );
  const usage = JSON.parse(readFileSync(report, 'utf8')) as { cpu: number; peak: number };
  const lines = readFileSync(join(logRoot, 'events.jsonl'), 'utf8').trim().split('\n');
  return {
    seconds: (performance.now() - began) / 1000,
    driverSeconds: usage.cpu,
    peakMegabytes: usage.peak,
    events: lines.map((line) => JSON.parse(line) as TimedEvent),
  };
}

const statesOf = (bench: Bench): string => join(bench.directory, 'states');

/** Megabytes that the saved snapshots take on disk (`du`: holes in sparse files take none). */
async function stateMegabytes(bench: Bench): Promise<number> {
  const { stdout } = await execa('du', ['--summarize', '--block-size=1', statesOf(bench)]);
  return Number(stdout.split('\t')[0]) / 1e6;
}

const stepSeconds = (events: readonly TimedEvent[], scenario: string): number =>
  events
    .filter(({ type, scenario: of }) => type === 'step:end' && of?.id === scenario)
    .reduce((sum, { durationMs }) => sum + (durationMs ?? 0) / 1000, 0);

const RESIDUE = 'removes-raid-lvm-residue';

/** S1 to S4. */
const SCENARIOS = 4;

/** The seed's suite: fresh, warm, and again after an edit of the last step. */
export async function seedSuite(bench: Bench): Promise<SectionResult> {
  const cwd = join(bench.directory, 'suite');
  cpSync(join(projectRoot, 'scenarios'), join(cwd, 'scenarios'), { recursive: true });
  const file = join(cwd, 'scenarios', `${RESIDUE}.yaml`);
  const original = readFileSync(file, 'utf8');
  const costs: Record<string, RunCost[]> = {};
  const states: { warm: number[]; incremental: number[] } = { warm: [], incremental: [] };
  const measure = async (name: string, args: string[]): Promise<RunCost> => {
    const cost = await runTapboot(bench, cwd, args);
    (costs[name] ??= []).push(cost);
    return cost;
  };
  for (let round = 0; round < bench.repetitions; round++) {
    rmSync(statesOf(bench), { recursive: true, force: true });
    await measure('fresh, 1 worker', ['--fresh', '--workers', '1']);
    await measure('fresh, 2 workers', ['--fresh', '--workers', '2']);
    await measure('first run', ['--workers', '1']);
    await measure('warm, 1 worker', ['--workers', '1']);
    await measure('warm, 2 workers', ['--workers', '2']);
    states.warm.push(await stateMegabytes(bench));
    await measure('incremental, first run', ['--incremental', RESIDUE]);
    states.incremental.push(await stateMegabytes(bench));
    writeFileSync(file, original.replace(/timeout: 240s\n$/, `timeout: ${String(239 - round)}s\n`));
    await measure('incremental, last step edited', ['--incremental', RESIDUE]);
    writeFileSync(file, original);
  }
  const samples: Record<string, Sample> = {};
  for (const [name, all] of Object.entries(costs)) {
    samples[name] = sampleOf(all.map(({ seconds }) => seconds));
  }
  const { goals, figures } = suiteGoals(costs);
  const warm = sampleOf(states.warm).median;
  const more = sampleOf(states.incremental).median - warm;
  return {
    name: 'the seed’s suite',
    samples,
    goals,
    figures: {
      ...figures,
      [`state MB per scenario, ${String(SCENARIOS)} scenarios`]: warm / SCENARIOS,
      'state MB more for the steps of S4 (incremental)': more,
    },
  };
}

function suiteGoals(costs: Record<string, RunCost[]>): {
  goals: Goal[];
  figures: Record<string, number>;
} {
  const median = (name: string, of: (cost: RunCost) => number): number =>
    sampleOf((costs[name] ?? []).map(of)).median;
  const warm = 'warm, 1 worker';
  const allowed = median(warm, ({ events }) => {
    const boot = events
      .filter(({ type, phase, vm }) => type === 'phase:end' && phase === 'boot' && vm !== RESIDUE)
      .filter(({ vm }) => vm?.includes('resurrect') !== true)
      .reduce((sum, { seconds }) => sum + (seconds ?? 0), 0);
    return boot + 1.2 * stepSeconds(events, RESIDUE);
  });
  const edited = 'incremental, last step edited';
  const beyond = median(edited, ({ seconds, events }) => seconds - stepSeconds(events, RESIDUE));
  const cpu = median(warm, ({ driverSeconds, seconds }) => driverSeconds / seconds);
  return {
    figures: {
      'driver CPU of wall (warm)': cpu,
      'driver peak MB (warm)': median(warm, ({ peakMegabytes }) => peakMegabytes),
    },
    goals: [
      {
        what: 'warm suite against the boot of S1–S3 and 1.2 × the steps of S4',
        wanted: 1,
        got: median(warm, ({ seconds }) => seconds) / allowed,
        unit: 'ratio',
      },
      {
        what: 'the same, with 2 workers',
        wanted: 1,
        got: median('warm, 2 workers', ({ seconds }) => seconds) / allowed,
        unit: 'ratio',
      },
      { what: 'edited last step: beyond that step', wanted: 2, got: beyond, unit: 's' },
      { what: 'driver CPU of wall', wanted: 0.05, got: cpu, unit: 'ratio' },
    ],
  };
}

const trivial = (index: number): string => `version: 1
name: Trivial ${String(index)}
machine: { memory: 512M, disks: { vda: 64M } }
steps:
  - name: something is true
    run: ':'
`;

/** Many scenarios: what one more costs, and what a second worker brings. */
export async function manyScenarios(bench: Bench, floor: number): Promise<SectionResult> {
  const samples: Record<string, Sample> = {};
  const totals = new Map<number, number[]>();
  const two: number[] = [];
  rmSync(statesOf(bench), { recursive: true, force: true });
  for (let round = 0; round < bench.repetitions; round++) {
    for (const count of [1, 5, 20, 50]) {
      const cwd = join(bench.directory, `many-${String(count)}`);
      mkdirSync(join(cwd, 'scenarios'), { recursive: true });
      for (let index = 1; index <= count; index++) {
        writeFileSync(join(cwd, 'scenarios', `t${String(index)}.yaml`), trivial(index));
      }
      const one = await runTapboot(bench, cwd, ['--workers', '1']);
      totals.set(count, [...(totals.get(count) ?? []), one.seconds]);
      if (count === 20) two.push((await runTapboot(bench, cwd, ['--workers', '2'])).seconds);
    }
  }
  for (const [count, values] of totals) {
    samples[`${String(count)} scenarios, 1 worker`] = sampleOf(values);
  }
  samples['20 scenarios, 2 workers'] = sampleOf(two);
  const of = (count: number): number =>
    samples[`${String(count)} scenarios, 1 worker`]?.median ?? 0;
  const added = (of(50) - of(5)) / 45;
  return {
    name: 'many scenarios',
    samples,
    figures: {
      'added seconds per scenario, 5 to 20': (of(20) - of(5)) / 15,
      '5 to 50': added,
      'state MB per scenario, 50 scenarios': (await stateMegabytes(bench)) / 50,
    },
    goals: [
      {
        what: 'one more scenario against the floor of a restore',
        wanted: 1.5,
        got: added / floor,
        unit: 'ratio',
      },
      {
        what: '2 workers against 1, 20 scenarios',
        wanted: 0.65,
        got: sampleOf(two).median / of(20),
        unit: 'ratio',
      },
    ],
  };
}
