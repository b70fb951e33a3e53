import { goal, type Goal } from './goals.js';
import { sampleOf, type Sample } from './measure.js';
import { LIVE } from './options.js';
import type { SectionResult } from './result.js';
import { whereTimeWent, type RunCost } from './run-cost.js';
import type { PartCost, StandInCost } from './stand-in/stand-in.js';

/**
 * What the incumbent itself took on one live ISO with the genuine agent, two cores, TCG, nothing
 * else running: means of two runs (172 and 169 s, 188 and 182 CPU seconds).
 */
const INCUMBENT = { wall: 170.5, cpu: 185, login: 50 };

/** Wall and CPU seconds of both sides, from each round. */
export interface Sides {
  standIn: StandInCost[];
  first: RunCost[];
  warm: RunCost[];
  residue: RunCost[];
}

/**
 * Both sides, as ratios.
 * @param image how the image is called
 * @param judged whether the goals are for this image; else the ratios are figures
 */
export function compared(image: string, sides: Sides, judged: boolean): SectionResult {
  const { standIn, first, warm, residue } = sides;
  const samples: Record<string, Sample> = {};
  const sample = (name: string, values: number[]): number => {
    samples[name] = sampleOf(values);
    return samples[name].median;
  };
  const partCpu = ({ qemuSeconds, driverSeconds }: PartCost): number => qemuSeconds + driverSeconds;
  const whole = {
    wall: sample(
      'stand-in: both boots, wall',
      standIn.map((one) => one.boot.seconds + one.residue.seconds),
    ),
    cpu: sample(
      'stand-in: both boots, CPU',
      standIn.map((one) => partCpu(one.boot) + partCpu(one.residue)),
    ),
  };
  const boots = standIn.flatMap(({ boot, residue: four }) => [boot, four]);
  const login = sample(
    'stand-in: to a root shell, wall',
    boots.map(({ loginSeconds }) => loginSeconds),
  );
  sample(
    'stand-in: to a root shell, CPU',
    boots.map(({ loginCpuSeconds }) => loginCpuSeconds),
  );
  const parts = {
    'S1 to S3': standIn.map(({ boot }) => boot),
    S4: standIn.map((one) => one.residue),
  };
  for (const [name, costs] of Object.entries(parts)) {
    sample(
      `stand-in: ${name}, wall`,
      costs.map(({ seconds }) => seconds),
    );
    sample(`stand-in: ${name}, CPU`, costs.map(partCpu));
    sample(
      `stand-in: ${name}, CPU without QEMU`,
      costs.map(({ driverSeconds }) => driverSeconds),
    );
  }
  const four = {
    wall: samples['stand-in: S4, wall']?.median ?? Number.NaN,
    cpu: samples['stand-in: S4, CPU']?.median ?? Number.NaN,
  };
  const ours = (name: string, costs: RunCost[]) => {
    const wall = sample(
      `tapboot: ${name}, wall`,
      costs.map(({ seconds }) => seconds),
    );
    const cpu = sample(
      `tapboot: ${name}, CPU`,
      costs.map(({ cpuSeconds }) => cpuSeconds),
    );
    sample(
      `tapboot: ${name}, CPU of the driver`,
      costs.map(({ driverSeconds }) => driverSeconds),
    );
    return { wall, cpu };
  };
  const [ofFirst, ofWarm, ofResidue] = [
    ours('first run', first),
    ours('suite warm', warm),
    ours('S4 alone, warm', residue),
  ];
  const ratios: Goal[] = [
    goal('firstWall', ofFirst.wall / whole.wall),
    goal('firstCpu', ofFirst.cpu / whole.cpu),
    goal('warmWall', ofWarm.wall / whole.wall),
    goal('warmCpu', ofWarm.cpu / whole.cpu),
    goal('residueWall', ofResidue.wall / four.wall),
    goal('residueCpu', ofResidue.cpu / four.cpu),
  ];
  const asFigures = ratios.map(({ what, got }): [string, number] => [what, Number(got)]);
  return {
    name: `the seed’s suite on ${image}, beside the incumbent’s way`,
    samples,
    figures: judged ? {} : Object.fromEntries(asFigures),
    notes: [
      ...calibration({ ...whole, login }),
      ...(judged ? [] : [`the goals are for \`--image ${LIVE}\`: here the ratios are figures`]),
      ...verdicts(sides),
      ...Object.entries({ 'first run': first, 'suite warm': warm, 'S4 alone, warm': residue }).map(
        ([name, costs]) => `${name}: ${whereTimeWent(costs)}`,
      ),
    ],
    goals: judged ? ratios : [],
  };
}

/** How far the stand-in is from what it stands in for. */
function calibration(measured: typeof INCUMBENT): string[] {
  const deviation = (Object.keys(INCUMBENT) as (keyof typeof INCUMBENT)[]).map((name) => {
    const percent = (measured[name] / INCUMBENT[name] - 1) * 100;
    const sign = percent < 0 ? '−' : '+';
    return `${name} ${measured[name].toFixed(1)} s for ${INCUMBENT[name].toFixed(1)} (${sign}${Math.abs(percent).toFixed(0)} %)`;
  });
  return [
    `calibration, stand-in for incumbent: ${deviation.join(', ')}; its figures are of another ISO, with the genuine agent`,
  ];
}

/** A side that fails early does less: who reads the ratios has to know. */
function verdicts({ standIn, first, warm, residue }: Sides): string[] {
  const failures = standIn.flatMap(({ boot, residue: four }) => [
    ...boot.failures,
    ...four.failures,
  ]);
  const failed = [...first, ...warm, ...residue].flatMap(({ events }) =>
    events
      .filter(({ type, outcome }) => type === 'scenario:end' && outcome !== 'passed')
      .map(({ scenario, outcome }) => `${scenario?.id ?? '?'} ${outcome ?? '?'}`),
  );
  const told = (side: string, all: string[]): string =>
    all.length === 0
      ? `${side}: all scenarios passed in all rounds`
      : `${side}: ${String(all.length)} did not pass: ${[...new Set(all)].join('; ')}`;
  return [told('stand-in', failures), told('tapboot', failed)];
}
