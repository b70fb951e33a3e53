import type { Past } from './collect.js';
import { regressions, type Regression } from './regressions.js';
import type { Series } from './series.js';

/** Durations of one thing; seconds, rates as shares. Undefined is left out of JSON. */
export interface DurationSummary {
  count: number;
  median: number | undefined;
  p95: number | undefined;
  /** Last ten against the ten before. */
  trend: number | undefined;
  /** Latest values, oldest first. */
  recent: { run: string; timestamp: string; seconds: number }[];
}

/** `tapboot history --json`. */
export interface HistorySummary {
  ledger: string;
  runs: number;
  outcomes: Past['outcomes'];
  interrupted: number;
  first: string;
  last: string;
  metrics: ({ metric: string; configuration: string } & DurationSummary)[];
  scenarios: ({
    id: string;
    file: string;
    verdicts: number;
    counts: Record<string, number>;
    failures: Record<string, number>;
    passRate: number | undefined;
    flakeRate: number | undefined;
    verdictsRecent: { run: string; timestamp: string; outcome: string; seconds?: number }[];
  } & DurationSummary)[];
  regressions: Regression[];
  badLines: Past['badLines'];
  leftOut: number;
}

const round = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : Math.round(value * 1000) / 1000;

function durations(series: Series): DurationSummary {
  return {
    count: series.count,
    median: round(series.quantile(0.5)),
    p95: round(series.quantile(0.95)),
    trend: round(series.trend()),
    recent: series.recent.map(({ run, timestamp, value }) => ({ run, timestamp, seconds: value })),
  };
}

/** The past in numbers; every form of the history is made from this. */
export function summarise(past: Past, ledger: string): HistorySummary {
  const { runs, outcomes, interrupted, first, last, badLines, leftOut } = past;
  return {
    ledger,
    runs,
    outcomes,
    interrupted,
    first,
    last,
    metrics: past.metrics.map(({ metric, configuration, series }) => ({
      metric,
      configuration,
      ...durations(series),
    })),
    scenarios: past.scenarios.map((scenario) => ({
      id: scenario.id,
      file: scenario.file,
      verdicts: scenario.verdicts,
      counts: scenario.counts,
      failures: Object.fromEntries(scenario.classes),
      passRate: round(scenario.passRate),
      flakeRate: round(scenario.flakeRate),
      verdictsRecent: scenario.recent,
      ...durations(scenario.seconds),
    })),
    regressions: regressions(past),
    badLines,
    leftOut,
  };
}
