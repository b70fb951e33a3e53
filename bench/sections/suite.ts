import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { obtainBaseline } from '../baseline.js';
import { goal } from '../goals.js';
import { machine, projectRoot, type Bench } from '../host.js';
import { sampleOf, type Sample } from '../measure.js';
import type { SectionResult } from '../result.js';
import { stepSeconds, whereTimeWent, type RunCost } from '../run-cost.js';
import { ownTapboot, runTapboot } from '../run-tapboot.js';
import { bootPair } from './boot.js';
import { savedMachine } from './restore.js';

/** Megabytes that saved snapshots take on disk (`du`: holes in sparse files take none). */
async function megabytesOf(directory: string): Promise<number> {
  const { stdout } = await execa('du', ['--summarize', '--block-size=1', directory]);
  return Number(stdout.split('\t')[0]) / 1e6;
}

/** The scenario of which a step is edited. */
export const RESIDUE = 'removes-raid-lvm-residue';

/** S1 to S4. */
const SCENARIOS = 4;

/**
 * The seed's suite with default workers: with an empty snapshot cache (fresh), again (warm), with
 * `--fresh`, and again after an edit of the last step; beside bare QEMU's boot and the tree of an
 * earlier commit.
 *
 * @param baseline that commit; absent: none
 */
export async function seedSuite(bench: Bench, baseline?: string): Promise<SectionResult> {
  const cwd = join(bench.directory, 'suite');
  cpSync(join(projectRoot, 'scenarios'), join(cwd, 'scenarios'), { recursive: true });
  const file = join(cwd, 'scenarios', `${RESIDUE}.yaml`);
  const original = readFileSync(file, 'utf8');
  const snapshots = join(bench.directory, 'suite-snapshots');
  const costs = new Map<string, RunCost[]>();
  const keep = (name: string, cost: RunCost): void => {
    costs.set(name, [...(costs.get(name) ?? []), cost]);
  };
  const measure = async (name: string, args: readonly string[] = []): Promise<void> => {
    keep(name, await runTapboot(bench, ownTapboot(cwd, snapshots), args));
  };
  const earlier =
    baseline === undefined
      ? { unmeasured: '--baseline none' }
      : await obtainBaseline(bench, baseline);
  const pair = bootPair(bench, 'suite', await bench.image('debian'), machine(4096));
  await pair.tapboot();
  // What is measured once and kept (the RAM format of this host) is known from here on.
  await runTapboot(bench, ownTapboot(cwd, snapshots), []);
  const boot: number[] = [];
  const states: { warm: number[]; incremental: number[] } = { warm: [], incremental: [] };
  for (let round = 0; round < bench.repetitions; round++) {
    rmSync(snapshots, { recursive: true, force: true });
    boot.push(await pair.bare());
    await measure('fresh');
    await measure('warm');
    states.warm.push(await megabytesOf(snapshots));
    if ('tree' in earlier) keep('baseline, warm', await runTapboot(bench, earlier, []));
    await measure('--fresh', ['--fresh']);
    await measure('incremental, first run', ['--incremental', RESIDUE]);
    states.incremental.push(await megabytesOf(snapshots));
    writeFileSync(file, original.replace(/timeout: 240s\n$/, `timeout: ${String(239 - round)}s\n`));
    await measure('incremental, last step edited', ['--incremental', RESIDUE]);
    writeFileSync(file, original);
  }
  const of = (name: string): RunCost[] => costs.get(name) ?? [];
  const median = (name: string, value: (cost: RunCost) => number): number =>
    sampleOf(of(name).map(value)).median;
  const wall = ({ seconds }: RunCost): number => seconds;
  const driver = ({ driverSeconds }: RunCost): number => driverSeconds;
  const samples: Record<string, Sample> = { 'bare QEMU, to login:': sampleOf(boot) };
  for (const [name, all] of costs) samples[name] = sampleOf(all.map(wall));
  for (const name of ['warm', 'baseline, warm']) {
    if (costs.has(name)) samples[`${name}: driver’s CPU`] = sampleOf(of(name).map(driver));
  }
  const bare = sampleOf(boot).median;
  const edited = 'incremental, last step edited';
  const warmMegabytes = sampleOf(states.warm).median;
  return {
    name: 'the seed’s suite',
    samples,
    figures: {
      '--fresh / bare QEMU’s boot to `login:`': median('--fresh', wall) / bare,
      'driver’s CPU of wall (warm)': median('warm', (cost) => driver(cost) / wall(cost)),
      'driver’s peak MB (warm)': median('warm', ({ peakMegabytes }) => peakMegabytes),
      'seconds beyond an edited last step': median(
        edited,
        ({ seconds, events }) => seconds - stepSeconds(events, RESIDUE),
      ),
      [`state MB per scenario, ${String(SCENARIOS)} scenarios`]: warmMegabytes / SCENARIOS,
      'state MB more for the steps of S4 (incremental)':
        sampleOf(states.incremental).median - warmMegabytes,
    },
    notes: ['fresh', 'warm', '--fresh'].map((name) => `${name}: ${whereTimeWent(of(name))}`),
    goals: [
      goal('fresh', median('fresh', wall) / bare),
      goal('warm', median('warm', wall) / bare),
      goal(
        'driver',
        'tree' in earlier ? median('warm', driver) / median('baseline, warm', driver) : earlier,
      ),
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

/** Numbers of scenarios; the last and the first but one give what one more costs. */
const COUNTS = [1, 5, 20, 50] as const;

/** Many scenarios, warm, with default workers: what one more costs, beside the floor of a restore. */
export async function manyScenarios(bench: Bench): Promise<SectionResult> {
  const snapshots = join(bench.directory, 'many-snapshots');
  const seconds = new Map<string, number[]>();
  const add = (name: string, value: number): void => {
    seconds.set(name, [...(seconds.get(name) ?? []), value]);
  };
  const name = (count: number, workers = 'default workers'): string =>
    `${String(count)} scenarios, ${workers}`;
  const FLOOR = 'restore floor, a command that forks';
  const { vm, kept, floor } = await savedMachine(bench, 'many');
  await vm.close();
  const place = (count: number) => {
    const cwd = join(bench.directory, `many-${String(count)}`);
    mkdirSync(join(cwd, 'scenarios'), { recursive: true });
    for (let index = 1; index <= count; index++) {
      writeFileSync(join(cwd, 'scenarios', `t${String(index)}.yaml`), trivial(index));
    }
    return ownTapboot(cwd, snapshots);
  };
  // All start from one snapshot, which this run saves.
  await runTapboot(bench, place(1), []);
  for (let round = 0; round < bench.repetitions; round++) {
    for (const count of COUNTS) {
      add(FLOOR, await floor(kept));
      add(name(count), (await runTapboot(bench, place(count), [])).seconds);
    }
    for (const count of [5, 20]) {
      const one = await runTapboot(bench, place(count), ['--workers', '1']);
      add(name(count, '1 worker'), one.seconds);
    }
  }
  const samples = Object.fromEntries([...seconds].map(([what, all]) => [what, sampleOf(all)]));
  const median = (what: string): number => samples[what]?.median ?? Number.NaN;
  const added = (median(name(50)) - median(name(5))) / 45;
  const one = '1 worker';
  return {
    name: 'many scenarios',
    samples,
    figures: {
      'added seconds per scenario, 5 to 50': added,
      '5 to 20': (median(name(20)) - median(name(5))) / 15,
      '5 to 20, 1 worker': (median(name(20, one)) - median(name(5, one))) / 15,
      'default workers against 1, 20 scenarios': median(name(20)) / median(name(20, one)),
      'state MB per scenario, 50 scenarios': (await megabytesOf(snapshots)) / 50,
    },
    goals: [goal('more', added / median(FLOOR))],
  };
}
