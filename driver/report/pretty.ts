import type { EventSink, RunEvent } from '../events/events.js';
import { failureLines } from './failure-text.js';
import { LiveBlock } from './live-block.js';
import type { Output } from './output.js';
import { type Paint, paint } from './paint.js';
import { duration, plainLine, truncate, wrap } from './plain-text.js';
import { ScenarioReports } from './pretty-scenarios.js';
import { progressLines } from './progress-lines.js';
import { Progress } from './progress.js';
import { type Row, rowLine } from './rows.js';
import { shortPath } from './tap-diagnostics.js';

/** What the reporter must know of where it writes. */
export interface PrettyOptions {
  /** Columns of the terminal now; 80 where there is none. */
  columns: () => number;
  /** Its rows now. */
  rows?: () => number;
  /** A terminal that can redraw; false in CI, in a pipe, with TERM=dumb. */
  live: boolean;
  color: boolean;
  /** Paths are shown relative to it. */
  workingDirectory: string;
  clock?: () => number;
}

type Event<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

/** Narrower than this no report is readable; lines wrap then. */
const LEAST_COLUMNS = 20;

/**
 * The run for a person who watches. On a terminal that can redraw: below, what each worker
 * does now, and how far the run is; above, a line for each scenario that has ended, and
 * failures in full. Elsewhere (a CI log, a pipe): a line a step, nothing is ever redrawn; of
 * scenarios that run side by side each one's lines come together, when it ends.
 */
export class PrettyReporter implements EventSink {
  readonly #output: Output;
  readonly #options: PrettyOptions;
  readonly #paint: Paint;
  readonly #live: LiveBlock;
  readonly #progress = new Progress();
  readonly #scenarios: ScenarioReports;
  #directory = '';

  constructor(output: Output, options: PrettyOptions) {
    this.#output = output;
    this.#options = options;
    this.#paint = paint(options.color);
    const { columns, rows = () => 24, clock = Date.now, live, workingDirectory } = options;
    this.#scenarios = new ScenarioReports({
      live,
      workingDirectory,
      paint: this.#paint,
      columns: () => this.#columns,
      print: (lines) => {
        this.#live.above(lines);
      },
    });
    const write = (text: string): void => {
      output.write(text);
    };
    this.#live = new LiveBlock({ write, columns, rows }, (wide, high) => {
      const now = clock();
      const layout = { paint: this.#paint, columns: wide, now };
      return progressLines(this.#progress.activities(), this.#progress.overall(now), high, layout);
    });
  }

  get #columns(): number {
    return Math.max(LEAST_COLUMNS, this.#options.columns());
  }

  #row(row: Row): string {
    return rowLine(row, this.#columns, this.#paint);
  }

  #print(...lines: string[]): void {
    this.#live.above(lines);
  }

  /** A paragraph, wrapped, its first line after a mark. */
  #paragraph(mark: string, text: string): void {
    const lines = wrap(plainLine(text), this.#columns - 2);
    this.#print(...lines.map((line, index) => `${index === 0 ? mark : ' '} ${line}`));
  }

  handle(event: RunEvent): void {
    this.#progress.handle(event);
    this.#tell(event);
    this.#scenarios.handle(event);
    if (this.#options.live && SHOWN_FROM.has(event.type)) this.#live.show();
  }

  /** The run is ending before its time: leaves the terminal to whoever says so. */
  ending(why: string): void {
    this.#progress.end(why);
    if (!this.#options.live) return;
    this.#live.clear();
  }

  #tell(event: RunEvent): void {
    const { good, warn, dim } = this.#paint;
    switch (event.type) {
      case 'run:start':
        this.#begin(event);
        break;
      case 'phase:start':
        this.#phase(event);
        break;
      case 'phase:end':
        // Machines are a scenario's: with its line they collapse.
        if (this.#options.live && event.vm !== undefined) break;
        this.#print(
          this.#row({
            mark: good('✓'),
            text: `${event.phase}: ${event.text}`,
            milliseconds: event.seconds * 1000,
            indent: 0,
          }),
        );
        break;
      case 'accelerator':
        this.#accelerator(event);
        break;
      case 'image':
        this.#paragraph(dim('·'), `image ${event.spec}${event.cached ? ' (from the cache)' : ''}`);
        break;
      case 'notice':
        this.#paragraph(event.level === 'warning' ? warn('!') : dim('·'), event.message);
        break;
      case 'scenario:queued':
        this.#notBegun(event, 'queued');
        break;
      case 'scenario:not-run':
        this.#notBegun(event, 'not run');
        break;
      case 'run:end':
        this.#end(event);
        break;
      // The terminal belongs to whoever debugs.
      case 'debug:start':
        this.#live.clear();
        break;
      case 'phase:progress':
      case 'scenario:start':
      case 'scenario:machine':
      case 'scenario:end':
      case 'step:start':
      case 'step:end':
      case 'debug:end':
      case 'vm:start':
      case 'vm:end':
        break;
    }
  }

  #accelerator({ name, reasons }: Event<'accelerator'>): void {
    const text = `accelerator ${name}: ${reasons.join('; ')}`;
    const mark = this.#paint.dim('·');
    // Who watches knows it from the last time; report and record have it whole.
    if (this.#options.live) this.#print(this.#row({ mark, text, indent: 0 }));
    else this.#paragraph(mark, text);
  }

  #begin(event: Event<'run:start'>): void {
    const { strong, dim } = this.#paint;
    this.#directory = event.directory;
    const workers = event.workers ?? 1;
    const count = event.scenarios.length;
    const what = count === 1 ? '1 scenario' : `${String(count)} scenarios`;
    const who = workers > 1 ? `, ${String(workers)} workers` : '';
    this.#print(strong(`tapboot ${event.version}`) + dim(`  ${what}${who}`));
  }

  #phase({ phase, vm, text }: Event<'phase:start'>): void {
    // Without a live line the beginning of a phase is all there is to see of it.
    if (this.#options.live) return;
    const where = vm === undefined ? '' : ` [${vm}]`;
    const row = { mark: this.#paint.dim('·'), text: `${phase}${where}: ${text}`, indent: 0 };
    this.#print(this.#row(row));
  }

  #notBegun(
    { scenario, reason }: Event<'scenario:queued' | 'scenario:not-run'>,
    what: string,
  ): void {
    const { warn, strong } = this.#paint;
    const name = truncate(plainLine(scenario.name), this.#columns - what.length - 3);
    this.#print('', `${warn('○')} ${strong(name)} ${warn(what)}`);
    this.#paragraph(' ', reason);
  }

  #end(event: Event<'run:end'>): void {
    this.#live.clear();
    this.#scenarios.flush();
    this.#print('');
    if (event.failure !== undefined) {
      const { workingDirectory } = this.#options;
      const layout = { paint: this.#paint, columns: this.#columns, workingDirectory };
      this.#print(...failureLines(event.failure, layout));
    }
    const directory = shortPath(this.#directory, this.#options.workingDirectory);
    this.#print(...this.#scenarios.bad, ...summaryLines(event, directory, this.#paint));
  }

  async close(): Promise<void> {
    this.#live.clear();
    await this.#output.close();
  }
}

/** Events behind which something goes on that is worth a line. */
const SHOWN_FROM: ReadonlySet<RunEvent['type']> = new Set<RunEvent['type']>([
  ...(['run:start', 'phase:start', 'phase:progress', 'phase:end'] as const),
  ...(['scenario:start', 'step:start', 'step:end', 'scenario:end', 'debug:end'] as const),
]);

/** The last lines of a run for people: verdict, counts, time, run directory, exit code. */
export function summaryLines(
  event: Extract<RunEvent, { type: 'run:end' }>,
  directory: string,
  { good, bad, warn, dim, strong }: Paint,
): string[] {
  const { passed, flaky, known, failed, interrupted, queued, 'not-run': notRun } = event.counts;
  const counts = [
    (passed > 0 ? good : dim)(`${String(passed)} passed`),
    ...(flaky > 0 ? [warn(`${String(flaky)} flaky`)] : []),
    ...(known > 0 ? [warn(`${String(known)} known`)] : []),
    (failed > 0 ? bad : dim)(`${String(failed)} failed`),
    ...(interrupted > 0 ? [warn(`${String(interrupted)} interrupted`)] : []),
    ...(notRun > 0 ? [warn(`${String(notRun)} not run`)] : []),
    ...(queued > 0 ? [warn(`${String(queued)} queued (run them with --resume)`)] : []),
  ].join(', ');
  return [
    ...(event.interrupted === undefined ? [] : [warn(`interrupted by ${event.interrupted}`)]),
    `${strong(event.outcome)}: ${counts} ${dim(`in ${duration(event.durationMs)}`)}`,
    `${dim('run directory')} ${directory}`,
    ...(event.exitCode === 0 ? [] : [dim(`exit code ${String(event.exitCode)}`)]),
  ];
}
