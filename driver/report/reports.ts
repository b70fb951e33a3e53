import { noCounts } from '../events/counts.js';
import { asTapbootError, infraError, type TapbootError } from '../errors.js';
import type { EventSink, Failure, Phase, RunEvent } from '../events/events.js';
import { phaseFailure } from '../events/failure.js';
import { exitCode } from '../exit-code.js';
import type { ReportContext } from './report-format.js';
import type { ReportRequest } from './report-request.js';

/** What all reports of a run share. */
export type ReportSurroundings = Omit<ReportContext, 'target' | 'others'>;

/**
 * The reports that a run was asked for. They are opened before anything else, so that a file
 * from an earlier run never passes for this one's. A report that fails is told once and
 * gets no further events; the run goes on, and ends as an infrastructure failure.
 */
export class Reports {
  readonly sinks: readonly EventSink[];
  readonly #guarded: readonly GuardedSink[];

  private constructor(guarded: readonly GuardedSink[]) {
    this.#guarded = guarded;
    this.sinks = guarded;
  }

  /** @throws TapbootError `infra` TAPBOOT_E_REPORT_WRITE when a target cannot be written */
  static async open(
    requests: readonly ReportRequest[],
    surroundings: ReportSurroundings,
  ): Promise<Reports> {
    const guarded: GuardedSink[] = [];
    for (const request of requests) {
      const others = requests.flatMap(({ name, format, target }) =>
        target === undefined || format === request.format
          ? []
          : [{ format: name, target, product: format.product }],
      );
      const { target } = request;
      const context = { ...surroundings, others, target };
      try {
        guarded.push(new GuardedSink(request, await request.format.open(context)));
      } catch (cause) {
        throw reportError(request, cause);
      }
    }
    // What lists other reports comes last: they must be there by then.
    const directories = guarded.filter(({ directory }) => directory);
    return new Reports([...guarded.filter(({ directory }) => !directory), ...directories]);
  }

  /**
   * Finishes all reports, also after one has failed. Idempotent.
   * @returns what went wrong, one error a report
   */
  async close(): Promise<TapbootError[]> {
    for (const sink of this.#guarded) await sink.close();
    return this.#guarded.flatMap(({ error }) => (error === undefined ? [] : [error]));
  }

  /** Tells the reports of a run that could not begin, and finishes them. */
  async abort(error: TapbootError, run: { command: string[]; version: string }): Promise<void> {
    const at = Date.now();
    this.#tell({ at, type: 'run:start', run: 'none', directory: '', ...run, scenarios: [] });
    this.#tell({
      at,
      type: 'run:end',
      outcome: 'error',
      durationMs: 0,
      counts: noCounts(),
      ...ending(error, 'setup'),
    });
    await this.close();
  }

  /**
   * Tells them of trouble that came after `run:end`: no report may look better than the exit
   * code. The last `run:end` that a report is told is the one that counts.
   */
  amend(error: TapbootError): void {
    const end = this.#guarded.map((sink) => sink.end).find((last) => last !== undefined);
    if (end !== undefined) this.#tell({ ...end, outcome: 'error', ...ending(error, 'teardown') });
  }

  #tell(event: RunEvent): void {
    for (const sink of this.#guarded) sink.handle(event);
  }
}

function ending(error: TapbootError, phase: Phase): { exitCode: number; failure: Failure } {
  const { failureClass } = error;
  const failure = phaseFailure(error, phase);
  return { exitCode: exitCode([failureClass], false), failure };
}

/** Keeps the troubles of a report away from the run. */
class GuardedSink implements EventSink {
  readonly directory: boolean;
  readonly #request: ReportRequest;
  readonly #sink: EventSink;
  #closed = false;
  #error: TapbootError | undefined;

  constructor(request: ReportRequest, sink: EventSink) {
    this.#request = request;
    this.#sink = sink;
    this.directory = request.format.target === 'directory';
  }

  get error(): TapbootError | undefined {
    return this.#error;
  }

  /** The last `run:end` it was told. */
  end: Extract<RunEvent, { type: 'run:end' }> | undefined;

  handle(event: RunEvent): void {
    if (event.type === 'run:end') this.end = event;
    if (this.#error !== undefined || this.#closed) return;
    try {
      this.#sink.handle(event);
    } catch (cause) {
      this.#error = reportError(this.#request, cause);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.#sink.close?.();
    } catch (cause) {
      this.#error ??= reportError(this.#request, cause);
    }
  }
}

function reportError({ name, target }: ReportRequest, cause: unknown): TapbootError {
  const { details, message } = asTapbootError(cause);
  const place = target === undefined ? '' : ` at ${target}`;
  return infraError('TAPBOOT_E_REPORT_WRITE', `the report ${name}${place} cannot be written`, {
    expected: 'a writable file or directory',
    got: details.got ?? message,
    hint: 'Free space or fix the rights, or choose another place.',
    cause,
  });
}
