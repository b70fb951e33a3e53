import type { EventSink, Failure, RunEvent, ScenarioRef } from '../events/events.js';
import type { FailureLayout } from './failure-text.js';
import { failureLines } from './failure-text.js';
import { LiveLine } from './live-line.js';
import type { Output } from './output.js';
import type { Paint } from './paint.js';
import { paint } from './paint.js';
import { duration, plainLine, truncate, width, wrap } from './plain-text.js';
import { summaryLines } from './run-summary.js';
import { originText, shortPath } from './tap-diagnostics.js';

/** What the reporter must know of where it writes. */
export interface PrettyOptions {
  /** Columns of the terminal now; 80 where there is none. */
  columns: () => number;
  /** A terminal that can redraw a line; false in CI, in a pipe, with TERM=dumb. */
  live: boolean;
  color: boolean;
  /** Paths are shown relative to it. */
  workingDirectory: string;
  /** Seconds that a scenario took in past runs. */
  expectedSeconds?: (scenario: ScenarioRef) => number | undefined;
  clock?: () => number;
}

type StepEnd = Extract<RunEvent, { type: 'step:end' }>;
type RunEnd = Extract<RunEvent, { type: 'run:end' }>;
type Row = { mark: string; text: string; milliseconds?: number; indent: number };

/** The run for a person who watches: a line a step, a live line below, failures in full. */
export class PrettyReporter implements EventSink {
  readonly #output: Output;
  readonly #options: PrettyOptions;
  readonly #paint: Paint;
  readonly #live: LiveLine;
  readonly #clock: () => number;
  #directory = '';
  /** Scenarios whose failure a step has shown in full. */
  readonly #told = new Set<string>();
  readonly #bad: string[] = [];
  readonly #began = new Map<string, number>();

  constructor(output: Output, options: PrettyOptions) {
    this.#output = output;
    this.#options = options;
    this.#paint = paint(options.color);
    this.#clock = options.clock ?? Date.now;
    const screen = {
      write: (text: string) => {
        output.write(text);
      },
      columns: options.columns,
    };
    this.#live = new LiveLine(screen, options.live, this.#clock);
  }

  get #columns(): number {
    return Math.max(40, this.#options.columns());
  }

  /** A line with its time at the right edge. */
  #row({ mark, text, milliseconds, indent }: Row): string {
    const time = milliseconds === undefined ? '' : duration(milliseconds);
    const room = this.#columns - indent - 2 - (time === '' ? 0 : width(time) + 2);
    const shown = truncate(plainLine(text), room);
    const gap = time === '' ? '' : ' '.repeat(room - width(shown) + 2);
    return `${' '.repeat(indent)}${mark} ${shown}${gap}${this.#paint.dim(time)}`;
  }

  #print(...lines: string[]): void {
    this.#live.above(lines);
  }

  /** A paragraph, wrapped, its first line after a mark. */
  #paragraph(mark: string, text: string): void {
    const lines = wrap(plainLine(text), this.#columns - 2);
    this.#print(...lines.map((line, index) => `${index === 0 ? mark : ' '} ${line}`));
  }

  #failure(failure: Failure, indent: number, event?: StepEnd): void {
    const layout: FailureLayout = {
      paint: this.#paint,
      columns: this.#columns - indent,
      workingDirectory: this.#options.workingDirectory,
    };
    const lines = failureLines(failure, layout, event?.commands.at(-1));
    this.#print(...lines.map((line) => `${' '.repeat(indent)}${line}`));
  }

  handle(event: RunEvent): void {
    const { good, warn, dim, strong } = this.#paint;
    switch (event.type) {
      case 'run:start': {
        this.#directory = event.directory;
        const count = event.scenarios.length;
        const what = count === 1 ? '1 scenario' : `${String(count)} scenarios`;
        this.#print(strong(`tapboot ${event.version}`) + dim(`  ${what}`));
        break;
      }
      case 'phase:start':
      case 'phase:progress':
        this.#phase(event);
        break;
      case 'phase:end': {
        const milliseconds = event.seconds * 1000;
        this.#print(
          this.#row({
            mark: good('✓'),
            text: `${event.phase}: ${event.text}`,
            milliseconds,
            indent: 0,
          }),
        );
        this.#live.clear();
        break;
      }
      case 'accelerator':
        this.#paragraph(dim('·'), `accelerator ${event.name}: ${event.reasons.join('; ')}`);
        break;
      case 'image':
        this.#paragraph(dim('·'), `image ${event.spec}${event.cached ? ' (from the cache)' : ''}`);
        break;
      case 'notice':
        this.#paragraph(event.level === 'warning' ? warn('!') : dim('·'), event.message);
        break;
      case 'scenario:start': {
        this.#began.set(event.scenario.id, event.at);
        const again = event.attempt === 1 ? '' : warn(` (attempt ${String(event.attempt)})`);
        this.#print(
          '',
          strong(truncate(plainLine(event.scenario.name), this.#columns - 14)) + again,
        );
        this.#live.show(plainLine(event.scenario.name), event.at, this.#expected(event.scenario));
        break;
      }
      case 'scenario:machine':
        this.#print(`  ${dim(truncate(originText(event.origin), this.#columns - 2))}`);
        break;
      case 'step:start':
        this.#live.show(
          `${plainLine(event.scenario.name)} › ${plainLine(event.step.title)}`,
          this.#began.get(event.scenario.id),
          this.#expected(event.scenario),
        );
        break;
      case 'step:end':
        this.#step(event);
        break;
      case 'scenario:queued':
        this.#print('', `${warn('○')} ${strong(plainLine(event.scenario.name))} ${warn('queued')}`);
        this.#paragraph(' ', event.reason);
        break;
      case 'scenario:end':
        this.#scenario(event);
        break;
      case 'run:end':
        this.#end(event);
        break;
      // The terminal belongs to whoever debugs.
      case 'debug:start':
        this.#live.clear();
        break;
      case 'debug:end':
      case 'vm:start':
      case 'vm:end':
        break;
    }
  }

  #expected(scenario: ScenarioRef): number | undefined {
    const seconds = this.#options.expectedSeconds?.(scenario);
    return seconds === undefined ? undefined : seconds * 1000;
  }

  #phase(event: Extract<RunEvent, { type: 'phase:start' | 'phase:progress' }>): void {
    const vm = event.vm === undefined ? '' : ` [${event.vm}]`;
    const text = plainLine(`${event.phase}${vm}: ${event.text}`);
    const key = `${event.phase}${vm}`;
    if (event.type === 'phase:start') this.#began.set(key, event.at);
    // Without a live line the beginning of a phase is all there is to see of it.
    if (!this.#options.live && event.type === 'phase:start') {
      this.#print(this.#row({ mark: this.#paint.dim('·'), text, indent: 0 }));
    }
    this.#live.show(text, this.#began.get(key));
  }

  #step(event: StepEnd): void {
    const { good, bad, dim } = this.#paint;
    const marks = { passed: good('✓'), failed: bad('✗'), skipped: dim('-'), reused: dim('↺') };
    const mark = marks[event.outcome];
    const why = event.skipReason === undefined ? '' : ` (${event.outcome}: ${event.skipReason})`;
    const text = `${event.step.title}${why}`;
    const ran = event.outcome === 'passed' || event.outcome === 'failed';
    const milliseconds = ran ? { milliseconds: event.durationMs } : {};
    this.#print(this.#row({ mark, text, ...milliseconds, indent: 2 }));
    for (const note of event.notes)
      this.#print(`    ${dim(truncate(plainLine(note), this.#columns - 4))}`);
    if (event.failure === undefined) return;
    this.#told.add(event.scenario.id);
    this.#failure(event.failure, 6, event);
  }

  #scenario(event: Extract<RunEvent, { type: 'scenario:end' }>): void {
    const { good, bad, warn } = this.#paint;
    const { outcome, scenario, failure } = event;
    const color = outcome === 'passed' ? good : outcome === 'failed' ? bad : warn;
    if (failure !== undefined && !this.#told.has(scenario.id)) this.#failure(failure, 4);
    this.#print(
      this.#row({
        mark: color(outcome === 'passed' || outcome === 'flaky' ? '✓' : '✗'),
        text: `${outcome}: ${scenario.name}`,
        milliseconds: event.durationMs,
        indent: 0,
      }),
    );
    this.#live.clear();
    if (outcome !== 'passed') {
      const place =
        failure?.at === undefined ? scenario.file : `${failure.at.file}:${String(failure.at.line)}`;
      const room = this.#columns - outcome.length - width(place) - 4;
      const name = truncate(plainLine(scenario.name), Math.max(20, room));
      this.#bad.push(`${color(outcome)}  ${name}  ${place}`);
    }
  }

  #end(event: RunEnd): void {
    this.#live.clear();
    this.#print('');
    if (event.failure !== undefined) this.#failure(event.failure, 0);
    const directory = shortPath(this.#directory, this.#options.workingDirectory);
    this.#print(...this.#bad, ...summaryLines(event, directory, this.#paint));
  }

  async close(): Promise<void> {
    this.#live.clear();
    await this.#output.close();
  }
}
