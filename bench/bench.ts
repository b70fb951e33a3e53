/**
 * `npm run bench -- [--only NAME,…] [--repetitions N] [--accel auto|kvm|tcg] [--json FILE]`:
 * everything in one run, as ratios of that run. No figure fails it; goals that are missed
 * are named.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { openBench, type Bench } from './host.js';
import { tableOf, type SectionResult } from './result.js';
import { boots } from './sections/boot.js';
import { FLOOR, restoreAndSave } from './sections/restore.js';
import { roundTrips } from './sections/round-trip.js';
import { manyScenarios, seedSuite } from './sections/suite.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'restore,trips,boot,suite,many' },
    repetitions: { type: 'string', default: '5' },
    accel: { type: 'string', default: 'auto' },
    json: { type: 'string', default: 'bench/results.json' },
  },
});

const results: SectionResult[] = [];
const floorOf = (): number => results[0]?.samples[FLOOR]?.median ?? Number.NaN;

const SECTIONS: Record<string, (bench: Bench) => Promise<SectionResult>> = {
  restore: restoreAndSave,
  trips: roundTrips,
  boot: (bench) => boots(bench),
  suite: seedSuite,
  many: (bench) => manyScenarios(bench, floorOf()),
};

const bench = await openBench(values.accel as 'auto', Number(values.repetitions));
try {
  const { accelerator, qemu } = bench.host;
  const machine = `${String(cpus().length)} × ${cpus()[0]?.model ?? 'CPU'}`;
  process.stdout.write(
    `# tapboot bench\n\n${qemu.version}, ${accelerator.name} ` +
      `(${accelerator.reasons.map((reason) => reason.split('\n')[0]?.slice(0, 120)).join('; ')}), ` +
      `${machine}, ${values.repetitions} repetitions\n\n`,
  );
  for (const name of values.only.split(',')) {
    const section = SECTIONS[name];
    if (section === undefined) {
      throw new Error(`no section ${name}: there are ${Object.keys(SECTIONS).join(', ')}`);
    }
    const result = await section(bench);
    results.push(result);
    process.stdout.write(`${tableOf([result])}\n`);
  }
  const told = { accelerator: accelerator.name, qemu: qemu.version, machine, results };
  writeFileSync(values.json, `${JSON.stringify(told, null, 2)}\n`);
} finally {
  bench.close();
}
