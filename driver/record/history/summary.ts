import type { Past } from './collect.js';
import type { DurationSummary, HistorySummary, Regression } from './history-data.js';
import type { Change, Series } from './series.js';

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

/** All regressions among the recent runs; the most certain first. */
export function regressions(past: Past): Regression[] {
  const found: Regression[] = [];
  for (const { metric, configuration, series } of past.metrics) {
    // What a whole run takes depends on what was asked of it.
    if (metric === 'total') continue;
    const what = configuration === '' ? metric : `${metric} (${configuration})`;
    found.push(...slower(what, series.change()));
  }
  for (const scenario of past.scenarios) {
    for (const [start, series] of scenario.byStart) {
      found.push(...slower(`${scenario.id}, ${start}`, series.change()));
    }
    const rate = scenario.rateChange();
    if (rate === undefined) continue;
    const { before, after, since, p } = rate;
    found.push({
      what: scenario.id,
      kind: 'fails more',
      before,
      after,
      p,
      since: place(since),
      text:
        `${scenario.id} passes ${percent(after)} since ${named(since)}: ` +
        `before it passed ${percent(before)}`,
    });
  }
  return found.sort((a, b) => a.p - b.p);
}

function slower(what: string, change: Change | undefined): Regression[] {
  if (change === undefined || change.share <= 0) return [];
  const { before, after, share, since, p } = change;
  const text =
    `${what} up ${percent(share)} since ${named(since)}: ` +
    `median ${after.toFixed(1)} s, was ${before.toFixed(1)} s`;
  return [{ what, kind: 'slower', before, after, p, since: place(since), text }];
}

const place = ({ run, timestamp }: Regression['since']): Regression['since'] => ({
  run,
  timestamp,
});
const percent = (share: number): string => `${String(Math.round(share * 100))} %`;
const named = ({ run, timestamp }: Regression['since']): string =>
  timestamp === '' ? run : `${run} (${timestamp.slice(0, 10)})`;
