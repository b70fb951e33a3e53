import path from 'node:path';
import type { HistorySummary } from './history-data.js';
import type { PastRun, PastScenario } from '../ledger/entry.js';
import { readLedger } from '../ledger/read.js';
import { ScenarioPast } from './scenario-past.js';
import { Series, type Point } from './series.js';

/** Scenarios and metrics that are followed; a ledger with more says how many were left out. */
export const MOST_SERIES = 5000;

/** One timing of runs that can be compared: same image, same accelerator. */
export interface MetricPast {
  /** `boot_to_ssh`, `boot_to_login`, `build`, `total`. */
  metric: string;
  /** `debian:iso, tcg`; empty when the ledger names neither. */
  configuration: string;
  series: Series;
}

/** What a ledger tells of the past. */
export interface Past {
  runs: number;
  outcomes: HistorySummary['outcomes'];
  interrupted: number;
  first: string;
  last: string;
  scenarios: ScenarioPast[];
  metrics: MetricPast[];
  badLines: HistorySummary['badLines'];
  /** Scenarios and metrics beyond {@link MOST_SERIES}. */
  leftOut: number;
}

/** What to look at. */
export interface PastOptions {
  /** ISO 8601; only runs from then on. */
  since?: string;
}

/**
 * Reads a ledger of any size, tapboot's or the incumbent's, once and in bounded memory.
 * @param ledger absolute; a missing one is an empty past
 */
export async function collectPast(ledger: string, options: PastOptions = {}): Promise<Past> {
  const past: Past = {
    runs: 0,
    interrupted: 0,
    first: '',
    last: '',
    scenarios: [],
    metrics: [],
    leftOut: 0,
    outcomes: { passed: 0, flaky: 0, failed: 0, error: 0, unknown: 0 },
    badLines: { count: 0, examples: [] },
  };
  const scenarios = new Map<string, ScenarioPast>();
  const metrics = new Map<string, MetricPast>();
  for await (const record of readLedger(ledger)) {
    if (record.kind === 'bad') {
      const { line, reason } = record;
      if (past.badLines.count++ < 20) past.badLines.examples.push({ line, reason });
      continue;
    }
    const { run } = record;
    const timestamp = run.timestamp ?? '';
    if (options.since !== undefined && Date.parse(timestamp) < Date.parse(options.since)) continue;
    past.runs++;
    past.outcomes[run.outcome ?? 'unknown']++;
    if (run.interrupted) past.interrupted++;
    if (past.first === '') past.first = timestamp;
    past.last = timestamp;
    past.leftOut += addScenarios(scenarios, run) + addMetrics(metrics, run);
  }
  past.scenarios = [...scenarios.values()];
  past.metrics = [...metrics.values()];
  return past;
}

/** The run directory says most; a ledger from elsewhere may have the same name for all runs. */
function pointOf(run: PastRun): Omit<Point, 'value'> {
  const directory = path.basename(path.dirname(path.dirname(run.metadata ?? '')));
  const named = /vm-run/.test(directory) ? directory : undefined;
  return { timestamp: run.timestamp ?? '', run: named ?? run.runId ?? `line ${String(run.line)}` };
}

function addScenarios(known: Map<string, ScenarioPast>, run: PastRun): number {
  let leftOut = 0;
  const point = pointOf(run);
  const inRun = new Map<string, PastScenario[]>();
  for (const scenario of run.scenarios) {
    // Repetitions of a run are one scenario.
    const id = (scenario.id ?? scenario.name).replace(/#\d+$/, '');
    const key = JSON.stringify([scenario.file, id]);
    const past = known.get(key) ?? new ScenarioPast(id, scenario.file);
    if (!known.has(key)) {
      if (known.size >= MOST_SERIES) {
        leftOut++;
        continue;
      }
      known.set(key, past);
    }
    past.add(scenario, point);
    inRun.set(key, [...(inRun.get(key) ?? []), scenario]);
  }
  for (const [key, all] of inRun) {
    if (all.length < 2 || !all.some(({ outcome }) => outcome === 'passed')) continue;
    const past = known.get(key);
    if (past !== undefined) past.mixed += all.filter(({ outcome }) => outcome === 'failed').length;
  }
  return leftOut;
}

function addMetrics(known: Map<string, MetricPast>, run: PastRun): number {
  let leftOut = 0;
  const { buildSeconds, bootToLoginSeconds, bootToSshSeconds, totalSeconds } = run.timings;
  const values = {
    build: buildSeconds,
    boot_to_login: bootToLoginSeconds,
    boot_to_ssh: bootToSshSeconds,
    total: totalSeconds,
  };
  const configuration = configurationOf(run);
  for (const [metric, value] of Object.entries(values)) {
    if (value === undefined || value < 0) continue;
    const key = JSON.stringify([metric, configuration]);
    const past = known.get(key) ?? { metric, configuration, series: new Series() };
    if (!known.has(key)) {
      if (known.size >= MOST_SERIES) {
        leftOut++;
        continue;
      }
      known.set(key, past);
    }
    past.series.add({ ...pointOf(run), value });
  }
  return leftOut;
}

/** What makes timings comparable: the image asked for, and the accelerator. */
function configurationOf({ args, qemu }: PastRun): string {
  const image = args.flatMap((argument, index) =>
    argument === '--image' ? (args[index + 1] ?? []) : (/^--image=(.*)$/.exec(argument)?.[1] ?? []),
  );
  const accel = /(?:^| )-accel (\w+)|accel=(\w+)|(-enable-kvm)/.exec(qemu.command.join(' '));
  const name = accel?.[1] ?? accel?.[2] ?? (accel?.[3] === undefined ? undefined : 'kvm');
  return [...image.slice(-1), ...(name === undefined ? [] : [name])].join(', ');
}
