import { noCounts } from '../../events/counts.js';
import type { ScenarioOutcome } from '../../events/events.js';
import type { PastScenario } from '../ledger/entry.js';
import { lastChange } from './change-point.js';
import { RECENT, Series, type Point } from './series.js';

/** A verdict on one scenario in one run. */
export interface PastVerdict extends Omit<Point, 'value'> {
  outcome: ScenarioOutcome;
  seconds?: number;
}

/** A pass rate that fell: shares of plain passes, and the first run after the fall. */
export interface RateChange {
  before: number;
  after: number;
  since: PastVerdict;
  p: number;
}

/** Everything that is kept of a scenario's past. */
export class ScenarioPast {
  readonly id: string;
  readonly file: string;
  readonly counts: Record<ScenarioOutcome, number> = noCounts();
  /** Failures by class. */
  readonly classes = new Map<string, number>();
  /** Failures in runs in which the same scenario also passed (`--repeat`). */
  mixed = 0;
  /** Of all passes; by how the machine came to be, since a restored one is faster by far. */
  readonly seconds = new Series();
  readonly byStart = new Map<string, Series>();
  readonly recent: PastVerdict[] = [];

  constructor(id: string, file: string) {
    this.id = id;
    this.file = file;
  }

  add(past: PastScenario, run: Omit<Point, 'value'>): void {
    const { outcome, seconds } = past;
    if (outcome === undefined) return;
    this.counts[outcome]++;
    if (outcome === 'failed') {
      const name = past.class ?? 'unknown';
      this.classes.set(name, (this.classes.get(name) ?? 0) + 1);
    }
    if (outcome === 'queued' || outcome === 'not-run' || outcome === 'interrupted') return;
    this.recent.push({ ...run, outcome, seconds });
    if (this.recent.length > RECENT) this.recent.shift();
    if (seconds === undefined || seconds < 0) return;
    if (outcome !== 'passed' && outcome !== 'flaky') return;
    this.seconds.add({ ...run, value: seconds });
    const start = past.start ?? 'unknown start';
    const series = this.byStart.get(start) ?? new Series();
    this.byStart.set(start, series);
    series.add({ ...run, value: seconds });
  }

  /** Runs that ended in a verdict. */
  get verdicts(): number {
    const { passed, flaky, known, failed } = this.counts;
    return passed + flaky + known + failed;
  }

  /** Share of plain passes: a flaky one is none. Undefined without verdicts. */
  get passRate(): number | undefined {
    return this.verdicts === 0 ? undefined : this.counts.passed / this.verdicts;
  }

  /** Share of verdicts that were different without a reason: passes on retry, mixed runs. */
  get flakeRate(): number | undefined {
    return this.verdicts === 0 ? undefined : (this.counts.flaky + this.mixed) / this.verdicts;
  }

  /** A pass rate that is lower since a run; undefined when it kept up. */
  rateChange(): RateChange | undefined {
    const bad = this.recent.map(({ outcome }): number => (outcome === 'passed' ? 0 : 1));
    const found = lastChange(bad);
    const since = found === undefined ? undefined : this.recent[found.index];
    if (found === undefined || since === undefined) return undefined;
    const rate = (values: readonly number[]): number =>
      1 - values.reduce((sum, one) => sum + one, 0) / values.length;
    const [before, after] = [rate(bad.slice(0, found.index)), rate(bad.slice(found.index))];
    return after < before ? { before, after, since, p: found.p } : undefined;
  }
}
