import type { EventSink, Failure, MachineOrigin, RunEvent, ScenarioRef } from '../events/events.js';
import { failureLines } from './failure-text.js';
import type { Paint } from './paint.js';
import { plainLine, truncate, width } from './plain-text.js';
import { type Row, rowLine } from './rows.js';
import { originText } from './tap-diagnostics.js';

/** How scenarios are told. */
export interface ScenarioReportsOptions {
  /** What has ended collapses to a line; failures alone are told in full. */
  live: boolean;
  paint: Paint;
  columns: () => number;
  workingDirectory: string;
  print: (lines: readonly string[]) => void;
}

type Event<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;
type StepEnd = Event<'step:end'>;

/** The part of the report for people that tells of scenarios and their steps. */
export class ScenarioReports implements EventSink {
  readonly #options: ScenarioReportsOptions;
  readonly #paint: Paint;
  readonly #tallies = new Map<string, ScenarioTally>();
  readonly #reruns = new Map<string, string[]>();
  /** Lines of scenarios that run side by side; undefined where they are printed at once. */
  #held: Map<string, string[]> | undefined;
  /** Scenarios whose failure a step has shown in full. */
  readonly #told = new Set<string>();
  /** A line for each scenario that did not pass, for the end of the report. */
  readonly bad: string[] = [];

  constructor(options: ScenarioReportsOptions) {
    this.#options = options;
    this.#paint = options.paint;
  }

  handle(event: RunEvent): void {
    switch (event.type) {
      case 'run:start':
        for (const { id, rerun } of event.scenarios) if (rerun) this.#reruns.set(id, rerun);
        if (!this.#options.live && (event.workers ?? 1) > 1) this.#held = new Map();
        break;
      case 'scenario:start':
        this.#start(event);
        break;
      case 'scenario:machine':
        this.#machine(event);
        break;
      case 'step:end':
        this.#step(event);
        break;
      case 'scenario:end':
        this.#scenario(event);
        break;
      default:
        break;
    }
  }

  /** Prints what an interrupt, or the host's trouble, has cut short. */
  flush(): void {
    for (const held of this.#held?.values() ?? []) this.#options.print(held);
    this.#held?.clear();
  }

  get #columns(): number {
    return this.#options.columns();
  }

  #row(row: Row): string {
    return rowLine(row, this.#columns, this.#paint);
  }

  /** Lines about a scenario: at once, or together with the rest of it. */
  #of({ id }: ScenarioRef, ...lines: string[]): void {
    const held = this.#held?.get(id);
    if (held === undefined) this.#options.print(lines);
    else held.push(...lines);
  }

  #failureLines(failure: Failure, indent: number, event?: StepEnd, rerun?: string[]): string[] {
    const { workingDirectory } = this.#options;
    const layout = { paint: this.#paint, columns: this.#columns - indent, workingDirectory };
    const command = event?.commands.at(-1);
    const lines = failureLines(failure, layout, { command, rerun });
    return lines.map((line) => `${' '.repeat(indent)}${line}`);
  }

  #tally({ id }: ScenarioRef): ScenarioTally {
    const known = this.#tallies.get(id) ?? new ScenarioTally();
    this.#tallies.set(id, known);
    return known;
  }

  #machine({ scenario, origin }: Event<'scenario:machine'>): void {
    this.#tally(scenario).machine(origin);
    if (this.#options.live) return;
    const text = truncate(originText(origin), this.#columns - 2);
    this.#of(scenario, `  ${this.#paint.dim(text)}`);
  }

  #start({ scenario, attempt, worker }: Event<'scenario:start'>): void {
    const { strong, warn, dim } = this.#paint;
    this.#tallies.set(scenario.id, new ScenarioTally());
    const again = attempt === 1 ? '' : ` (attempt ${String(attempt)})`;
    const name = truncate(plainLine(scenario.name), this.#columns - 14);
    if (this.#options.live) {
      if (attempt > 1) this.#options.print([`${warn('↻')} ${name}${warn(again)}`]);
      return;
    }
    if (this.#held !== undefined) {
      const who = worker === undefined ? '' : `w${String(worker)} `;
      const text = `${who}begins: ${name}${again}`;
      this.#options.print([this.#row({ mark: dim('·'), text, indent: 0 })]);
      if (!this.#held.has(scenario.id)) this.#held.set(scenario.id, []);
    }
    this.#of(scenario, '', strong(name) + warn(again));
  }

  #step(event: StepEnd): void {
    const { good, bad, dim } = this.#paint;
    const { scenario, step, outcome, failure } = event;
    this.#tally(scenario).step(event);
    const marks = { passed: good('✓'), failed: bad('✗'), skipped: dim('-'), reused: dim('↺') };
    const why = event.skipReason === undefined ? '' : ` (${outcome}: ${event.skipReason})`;
    const ran = outcome === 'passed' || outcome === 'failed';
    const milliseconds = ran ? { milliseconds: event.durationMs } : {};
    const live = this.#options.live;
    if (live && failure === undefined) return;
    const title = `${step.title}${why}`;
    const text = live ? `${scenario.name} › ${String(step.index)}. ${title}` : title;
    const lines = [
      this.#row({ mark: marks[outcome], text, ...milliseconds, indent: live ? 0 : 2 }),
      ...event.notes.map((note) => `    ${dim(truncate(plainLine(note), this.#columns - 4))}`),
    ];
    if (failure !== undefined) {
      const first = !this.#told.has(scenario.id);
      this.#told.add(scenario.id);
      const rerun = first ? this.#reruns.get(scenario.id) : undefined;
      lines.push(...this.#failureLines(failure, live ? 4 : 6, event, rerun));
    }
    this.#of(scenario, ...lines);
  }

  #scenario(event: Event<'scenario:end'>): void {
    const { outcome, scenario, failure } = event;
    if (failure !== undefined && !this.#told.has(scenario.id)) {
      const rerun = this.#reruns.get(scenario.id);
      this.#of(scenario, ...this.#failureLines(failure, 4, undefined, rerun));
    }
    const details = this.#options.live ? this.#tallies.get(scenario.id)?.texts() : undefined;
    this.#of(scenario, this.#row(scenarioRow(event, this.#paint, details)));
    const held = this.#held?.get(scenario.id);
    this.#held?.delete(scenario.id);
    if (held !== undefined) this.#options.print(held);
    if (outcome !== 'passed') this.#remember(event);
  }

  /** For the list at the end. */
  #remember({ outcome, scenario, failure }: Event<'scenario:end'>): void {
    const { bad, warn } = this.#paint;
    const color = outcome === 'failed' ? bad : warn;
    const place =
      failure?.at === undefined ? scenario.file : `${failure.at.file}:${String(failure.at.line)}`;
    const room = this.#columns - outcome.length - width(place) - 4;
    const name = truncate(plainLine(scenario.name), Math.max(20, room));
    this.bad.push(`${color(outcome)}  ${name}  ${place}`);
  }
}

/** What a collapsed scenario still tells: how many steps, and where its machine came from. */
export class ScenarioTally {
  readonly #counts = { passed: 0, failed: 0, skipped: 0, reused: 0 };
  #origin: MachineOrigin | undefined;

  step({ outcome }: Event<'step:end'>): void {
    this.#counts[outcome]++;
  }

  machine(origin: MachineOrigin): void {
    this.#origin = origin;
  }

  /**
   * `3 steps, 2 reused; restored`, and shorter ones. A reused step is none that has passed.
   * Where the machine came from is told as long as there is room: TAP, report and record have
   * the whole of it.
   */
  texts(): string[] {
    const { passed, failed, skipped, reused } = this.#counts;
    const ran = passed + failed;
    const steps = [
      failed > 0
        ? `${String(passed)} of ${String(ran)} steps passed`
        : `${String(ran)} ${ran === 1 ? 'step' : 'steps'}`,
      ...(reused > 0 ? [`${String(reused)} reused`] : []),
      ...(skipped > 0 ? [`${String(skipped)} skipped`] : []),
    ].join(', ');
    const origin = this.#origin;
    if (origin === undefined) return [steps];
    if (origin.kind === 'booted') return [`${steps}; booted`, steps];
    const older = origin.sameRun ? [] : [`${steps}; restored from ${origin.bootedAt.slice(0, 10)}`];
    return [...older, `${steps}; restored`, steps];
  }
}

/** The one line of a scenario that has ended. */
export function scenarioRow(
  { outcome, scenario, durationMs }: Event<'scenario:end'>,
  { good, bad, warn }: Paint,
  details?: readonly string[],
): Row {
  const color = outcome === 'passed' ? good : outcome === 'failed' ? bad : warn;
  return {
    mark: color(outcome === 'passed' || outcome === 'flaky' ? '✓' : '✗'),
    text:
      details !== undefined && outcome === 'passed'
        ? scenario.name
        : `${outcome}: ${scenario.name}`,
    details,
    milliseconds: durationMs,
    indent: 0,
  };
}
