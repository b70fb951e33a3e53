/** `npm run bench`: see bench/options.ts for its flags, bench/README.md for what is measured. */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { openBench, projectRoot, type Bench } from './host.js';
import { readOptions, USAGE, UsageError, type BenchOptions, type SectionName } from './options.js';
import { goalTable, putBetweenMarks, tableOf, type SectionResult } from './result.js';
import { anyImage } from './sections/any-image.js';
import { boots } from './sections/boot.js';
import { restoreAndSave } from './sections/restore.js';
import { roundTrips } from './sections/round-trip.js';
import { manyScenarios, seedSuite } from './sections/suite.js';

type Section = (bench: Bench) => Promise<SectionResult>;

function sectionsOf({ image, only, baseline }: BenchOptions): Section[] {
  if (image !== undefined) return [(bench) => anyImage(bench, image)];
  const sections: Record<SectionName, Section> = {
    restore: restoreAndSave,
    trips: roundTrips,
    boot: (bench) => boots(bench),
    suite: (bench) => seedSuite(bench, baseline),
    many: manyScenarios,
  };
  return only.map((name) => sections[name]);
}

async function measure(options: BenchOptions): Promise<void> {
  const results: SectionResult[] = [];
  const said: string[] = [];
  const say = (text: string): void => {
    said.push(text);
    process.stdout.write(text);
  };
  const bench = await openBench(options.accel, options.repetitions);
  try {
    const { accelerator, qemu } = bench.host;
    const machine = `${String(cpus().length)} × ${cpus()[0]?.model ?? 'CPU'}`;
    const reasons = accelerator.reasons.map((reason) => reason.split('\n')[0]?.slice(0, 120));
    say(
      `# tapboot bench\n\n${qemu.version}, ${accelerator.name} (${reasons.join('; ')}), ` +
        `${machine}, ${String(options.repetitions)} repetitions, ` +
        `${new Date().toISOString().slice(0, 10)}\n\n`,
    );
    for (const section of sectionsOf(options)) {
      const result = await section(bench);
      results.push(result);
      say(`${tableOf([result])}\n`);
    }
    say(goalTable(results));
    const told = { accelerator: accelerator.name, qemu: qemu.version, machine, results };
    writeFileSync(options.json, `${JSON.stringify(told, null, 2)}\n`);
  } finally {
    bench.close();
  }
  if (!options.write) return;
  const page = join(projectRoot, 'bench/RESULTS.md');
  // Below the page's own headings.
  const text = said
    .join('')
    .replace(/^# tapboot bench\n/, '')
    .replace(/^## /gm, '### ');
  const name = options.image === undefined ? 'home' : 'image';
  writeFileSync(page, putBetweenMarks(readFileSync(page, 'utf8'), name, text));
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') process.stdout.write(USAGE);
  else await measure(options);
} catch (error) {
  const usage = error instanceof UsageError;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`bench: ${message}\n${usage ? `\n${USAGE}` : ''}`);
  process.exitCode = usage ? 2 : 1;
}
