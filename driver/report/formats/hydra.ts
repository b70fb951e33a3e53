import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { noCounts } from '../../events/counts.js';
import type { EventSink } from '../../events/events.js';
import type { HydraProduct, ReportContext, ReportFormats } from '../report-format.js';
import { clearReport, writeReport } from '../report-file.js';
import { RunTable } from '../run-table.js';

/** Files of a run directory that Hydra lists, where they are. */
const RUN_FILES: { file: string; product: HydraProduct }[] = [
  { file: 'report.html', product: { type: 'report', subtype: 'html' } },
  { file: 'logs/harness.log', product: { type: 'file', subtype: 'log' } },
  { file: 'logs/serial.log', product: { type: 'file', subtype: 'log' } },
  { file: 'logs/metadata.json', product: { type: 'file', subtype: 'json' } },
  { file: 'logs/events.jsonl', product: { type: 'file', subtype: 'jsonl' } },
];

/**
 * The files of a `nix-support` directory: `hydra-build-products`, `hydra-metrics`, and
 * `failed`, which marks the build as failed and keeps its outputs.
 *
 * `failed` is there whenever the exit code is not 0: also for trouble that is no verdict on the
 * product, since Hydra would show such a build as good. Hydra drops lines that do not fit its
 * grammar in silence (its `build-result.cc`), and products outside of the build's own
 * outputs; so lines are made to fit, and the run directory must lie in `$out`.
 */
export function hydraReport(context: ReportContext): EventSink {
  const directory = context.target ?? '';
  const at = (name: string): string => path.join(directory, name);
  mkdirSync(directory, { recursive: true });
  for (const name of ['hydra-build-products', 'hydra-metrics']) clearReport(at(name));
  rmSync(at('failed'), { force: true });
  const table = new RunTable();
  return {
    handle: (event) => {
      table.handle(event);
    },
    close: () => {
      writeReport(at('hydra-build-products'), buildProducts(table, context));
      writeReport(at('hydra-metrics'), metrics(table));
      if ((table.end?.exitCode ?? 1) !== 0) writeReport(at('failed'), '');
    },
  };
}

/** `type subtype path [entry]` a line, for every file that is there. */
export function buildProducts(table: RunTable, { others }: Pick<ReportContext, 'others'>): string {
  const run = table.start?.directory ?? '';
  const products = [
    ...(run === '' ? [] : RUN_FILES).map(({ file, product }) => ({
      product,
      target: path.join(run, file),
    })),
    ...others.flatMap(({ target, product }) =>
      product === undefined ? [] : [{ target, product }],
    ),
  ];
  return products
    .filter(({ target }) => existsSync(target))
    .map(({ target, product: { type, subtype, entry } }) =>
      [type, subtype, quoted(target), ...(entry === undefined ? [] : [entry])].join(' '),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** Hydra takes a path with blanks or angle brackets in quotes, and none with a quote in it. */
function quoted(target: string): string {
  if (/["\n]/.test(target)) {
    throw new Error(`Hydra cannot take a path with a quote or a line break: ${target}`);
  }
  return /[\s<>]/.test(target) ? `"${target}"` : target;
}

/**
 * `name value unit` a line: counts, all timings of the record, the seconds of each scenario
 * that was run. The boot's timings are in no event; they come from the run's metadata.json.
 */
export function metrics(table: RunTable): string {
  const lines = new Map<string, string>();
  const add = (name: string, value: number, unit?: string): void => {
    const safe = name.replace(/[^a-zA-Z0-9._-]+/g, '-');
    let free = safe;
    for (let number = 2; lines.has(free); number++) free = `${safe}-${String(number)}`;
    const rounded = String(Math.round(value * 1000) / 1000);
    lines.set(free, `${free} ${rounded}${unit === undefined ? '' : ` ${unit}`}\n`);
  };
  for (const outcome of Object.keys(noCounts())) {
    add(`scenarios.${outcome}`, table.rows.filter((row) => row.outcome === outcome).length);
  }
  for (const [name, value] of Object.entries(timings(table))) add(name, value, 's');
  for (const { id, startedAt, durationMs } of table.rows) {
    if (startedAt !== undefined) add(`scenario.${id}.seconds`, durationMs / 1000, 's');
  }
  return [...lines.values()].join('');
}

function timings({ start, end }: RunTable): Record<string, number> {
  const total = { total_seconds: (end?.durationMs ?? 0) / 1000 };
  if (start === undefined || start.directory === '') return total;
  const file = path.join(start.directory, 'logs/metadata.json');
  if (!existsSync(file)) return total;
  const metadata = JSON.parse(readFileSync(file, 'utf8')) as { timings?: Record<string, unknown> };
  const numbers = Object.entries(metadata.timings ?? {}).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number',
  );
  return { ...total, ...Object.fromEntries(numbers) };
}

export const formats: ReportFormats = {
  hydra: {
    summary: 'hydra-build-products, hydra-metrics, failed',
    target: 'directory',
    open: hydraReport,
  },
};
