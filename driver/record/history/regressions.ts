import type { Past } from './collect.js';
import type { Change, Point } from './series.js';

/** Something that got worse, named with the run since which it is. */
export interface Regression {
  /** What it is of: `boot_to_ssh (debian:iso, tcg)`, `removes-raid-lvm-residue, restored`. */
  what: string;
  kind: 'slower' | 'fails more';
  before: number;
  after: number;
  since: Pick<Point, 'run' | 'timestamp'>;
  /** Of Pettitt's test. */
  p: number;
  /** One sentence: `boot_to_ssh up 38 % since RUN (DATE): median 8.1 s, was 5.9 s`. */
  text: string;
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

const place = ({ run, timestamp }: Pick<Point, 'run' | 'timestamp'>): Regression['since'] => ({
  run,
  timestamp,
});
const percent = (share: number): string => `${String(Math.round(share * 100))} %`;
const named = ({ run, timestamp }: Pick<Point, 'run' | 'timestamp'>): string =>
  timestamp === '' ? run : `${run} (${timestamp.slice(0, 10)})`;
