import { noCounts } from '../events/counts.js';
import { performance } from 'node:perf_hooks';
import { reclaimWorkspaces, Workspace } from '../machine/workspace.js';
import { endingError, endingSignal } from '../ending.js';
import type { FailureClass } from '../error-codes.js';
import { asTapbootError, TapbootError } from '../errors.js';
import type { Failure, RunOutcome, RunShard, ScenarioOutcome } from '../events/events.js';
import type { EventStream } from '../events/stream.js';
import { exitCode } from '../exit-code.js';
import type { History } from '../record/ledger/history.js';
import { settleQueue } from '../record/ledger/queue.js';
import type { RunRecord } from '../record/run-record.js';
import type { Redactor } from '../redact.js';
import type { FailurePolicy } from './retry-policy.js';
import { phaseFailure } from '../events/failure.js';
import { machines, type Machines } from '../snapshots/pool-of-run.js';
import { prepare } from './prepare.js';
import { divide, type Division, projected, type QueuedScenario } from './division.js';
import type { Notice } from './notices.js';
import { awaitedLater, Deferred } from '../host/waiting.js';
import { heldBack } from '../events/held-back.js';
import { sourcesOf } from '../scenario/index.js';
import { type PlannedScenario, WorkList } from './work-list.js';
import type { RunRequest } from './request.js';
import { runScenario } from './run-scenario.js';
import { StopRule } from './stop-rule.js';
import { timeoutFactor } from './timeout-factor.js';
import type { ScenarioContext } from './scenario-context.js';

export interface RunOptions {
  request: RunRequest;
  record: RunRecord;
  events: EventStream;
  secrets: Redactor;
  /** A line for harness.log. */
  log: (line: string) => void;
  /** All scenarios of the request, in order. */
  planned: PlannedScenario[];
  /** What is known of past runs. */
  history: History;
  /** Which part of a larger list the scenarios are. */
  shard?: RunShard;
  /** How many scenarios run side by side. */
  workers: number;
  /** Whether the next machine is restored while a scenario runs. */
  standby: boolean;
  /** What is to be told at the beginning. */
  notices: readonly Notice[];
  /** Retry and known-issue policy. */
  policy: FailurePolicy;
}

/** One run: image, accelerator, machines, scenarios, outcome. */
export class Run {
  readonly #options: RunOptions;
  readonly #started = performance.now();
  readonly #classes: FailureClass[] = [];
  /** Scenarios left on the queue. */
  #queued: QueuedScenario[] = [];
  /** Scenarios that were not begun, and are on no queue. */
  readonly #notRun: { planned: PlannedScenario; reason: string }[] = [];
  readonly #rule: StopRule;
  /** What the timeouts of steps are multiplied by. */
  #factor: number;
  readonly #counts: Record<ScenarioOutcome, number> = noCounts();

  constructor(options: RunOptions) {
    this.#options = options;
    this.#rule = new StopRule(options.request.config);
    this.#factor = timeoutFactor(options.request.config, undefined);
  }

  get #elapsedMs(): number {
    return performance.now() - this.#started;
  }

  /** Measured seconds of a scenario's last pass. */
  #seconds({ ref }: PlannedScenario): number | undefined {
    return this.#options.history.passes(ref).at(-1);
  }

  /**
   * Divides waiting scenarios by the budget. Asked before the run, and again after every
   * scenario for those that did not fit: a run is mostly faster than the sum of its
   * timeouts, which is all that is known of a scenario that has never passed.
   */
  #divide(waiting: readonly PlannedScenario[], spentSeconds: number): Division {
    const { history, request } = this.#options;
    return divide(waiting, history, request.config, spentSeconds, this.#factor);
  }

  /** Runs everything; errors become events and the exit code. */
  async execute(): Promise<number> {
    this.#announce();
    let failure: Failure | undefined;
    try {
      await this.#scenarios();
      const { signal } = this.#options.request;
      // What breaks a run is told of the run, also when it broke in the last of its scenarios.
      if (signal.reason instanceof TapbootError) throw signal.reason;
      this.#phase = 'teardown';
      this.#options.policy.knownIssues.settle();
    } catch (thrown) {
      const error = asTapbootError(thrown);
      const { signal } = this.#options.request;
      const cause = signal.aborted ? endingError(signal) : error;
      failure = phaseFailure(cause, this.#phase);
      this.#error = cause;
      this.#classes.push(cause.failureClass);
    }
    return this.#finish(failure);
  }

  #phase: Failure['phase'] = 'setup';
  #error: TapbootError | undefined;

  /** What broke the run itself, outside any scenario. */
  get error(): TapbootError | undefined {
    return this.#error;
  }

  #announce(): void {
    const { request, record, events, planned, notices, shard } = this.#options;
    events.emit({
      type: 'run:start',
      run: record.directory.name,
      directory: record.directory.path,
      command: request.command,
      version: request.version,
      workers: this.#options.workers,
      shard,
      scenarios: planned.map((one) => {
        const { scenario, ref } = one;
        const expectedSeconds = this.#seconds(one);
        return {
          ...ref,
          steps: scenario.steps.length,
          tags: scenario.tags,
          expectedSeconds,
          rerun: request.rerun === undefined ? undefined : request.rerun(scenario),
        };
      }),
    });
    for (const notice of notices) events.emit(notice);
  }

  async #scenarios(): Promise<void> {
    const { events, planned } = this.#options;
    const first = this.#divide(planned, 0);
    this.#queued = first.queued;
    // At once, and again after each scenario: whatever ends the driver, the queue is right.
    await this.#settleQueue([], first.queued);
    if (first.run.length > 0) await this.#runAll(first.run);
    for (const { planned: waiting, projectedSeconds, reason } of this.#queued) {
      events.emit({ type: 'scenario:queued', scenario: waiting.ref, projectedSeconds, reason });
      this.#counts.queued++;
    }
    for (const { planned: left, reason } of this.#notRun) {
      events.emit({ type: 'scenario:not-run', scenario: left.ref, reason });
      this.#counts['not-run']++;
    }
  }

  async #runAll(first: readonly PlannedScenario[]): Promise<void> {
    const { request, log, planned } = this.#options;
    for (const directory of await reclaimWorkspaces()) log(`removed a dead run's ${directory}`);
    await using workspace = await Workspace.create();
    const { image, host } = await prepare(this.#options, workspace.directory, (phase) => {
      this.#phase = phase;
    });
    this.#takeFactor(host.accelerator.name);
    this.#phase = 'boot';
    const scenarios = planned.map(({ scenario }) => scenario);
    const from = machines(request, host, image, scenarios);
    await using _start = from.start;
    const { workers } = this.#options;
    const list = new WorkList({
      first,
      workers,
      seconds: (one) => this.#seconds(one),
      waitsForBootOf: (one, other) => from.pool.sharesBoot(one.scenario, other.scenario),
      more: () => this.#takeUpQueued(),
    });
    const work = Array.from({ length: workers }, (_, index) =>
      this.#work(list, from, {
        ...this.#options,
        host,
        worker: workers === 1 ? undefined : index + 1,
        onMachine: () => {
          const next = this.#options.standby ? list.peek() : undefined;
          if (next !== undefined) void from.start.standBy(next.scenario, next.ref.id);
        },
      }),
    );
    // All of them have let go of their machines before the first trouble is told.
    const ends = await Promise.allSettled(work);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  /**
   * One worker: scenario after scenario, until none is left. Where a machine may stand by, the
   * next one begins while the evidence of the last is read; it is told of behind that one's end.
   */
  async #work(list: WorkList, from: Machines, context: ScenarioContext): Promise<void> {
    const { request, standby } = this.#options;
    const { signal, config } = request;
    // Whether the run stops is known only when the last one has its verdict.
    const overlap = standby && config.maxFailures === undefined;
    /** The end of the scenario begun last, and of all before it; the same without that one. */
    let last: Promise<void> = Promise.resolve();
    let earlier = last;
    for (let one = await this.#take(list); one !== undefined; one = await this.#take(list)) {
      await earlier;
      if (signal.aborted) {
        await last;
        throw endingError(signal);
      }
      const passed = new Deferred<void>();
      const events = heldBack(context.events, last);
      const onLastStep = (): void => {
        if (overlap) passed.resolve();
      };
      const ended = this.#one(list, one, from, { ...context, events, onLastStep });
      earlier = last;
      last = Promise.all([last, ended]).then(() => undefined);
      awaitedLater(last);
      await Promise.race([passed.promise, last]);
    }
    await last;
  }

  async #one(
    list: WorkList,
    one: PlannedScenario,
    from: Machines,
    context: ScenarioContext,
  ): Promise<void> {
    try {
      const result = await runScenario(one, from, context);
      this.#counts[result.outcome]++;
      this.#rule.ended(result.outcome);
      if (result.class !== undefined) this.#classes.push(result.class);
      // One that was interrupted has no verdict.
      if (result.outcome !== 'interrupted') await this.#settleQueue([one], []);
    } finally {
      list.end(one);
    }
  }

  /** The next scenario to begin; undefined when none is left, or none is to begin any more. */
  async #take(list: WorkList): Promise<PlannedScenario | undefined> {
    const one = await list.take();
    const stop = this.#rule.stop(this.#elapsedMs);
    if (one === undefined || stop === undefined) return one;
    list.end(one);
    const { planned, history } = this.#options;
    const all = new Set([one, ...list.close()]);
    const { reason } = stop;
    const left = planned
      .filter((other) => all.has(other))
      .map((waiting) => ({
        planned: waiting,
        projectedSeconds: projected(waiting, history, this.#factor),
        reason,
      }));
    if (stop.left === 'not-run') {
      this.#notRun.push(...left);
    } else {
      this.#queued.push(...left);
      await this.#settleQueue([], left);
    }
    return undefined;
  }

  /** What timeouts are multiplied by, now that it is known what the machines run on. */
  #takeFactor(accelerator: 'kvm' | 'tcg'): void {
    const { request, record, events } = this.#options;
    this.#factor = timeoutFactor(request.config, accelerator);
    record.metadata.setTimeoutFactor(this.#factor);
    if (this.#factor === 1) return;
    const why = request.config.timeoutFactor === 'auto' ? ` (auto: ${accelerator})` : '';
    const message = `timeouts of steps are multiplied by ${String(this.#factor)}${why}`;
    events.emit({ type: 'notice', level: 'info', message });
  }

  /** What was queued and fits in the budget by now. */
  #takeUpQueued(): PlannedScenario[] {
    if (this.#queued.length === 0 || this.#rule.stop(this.#elapsedMs) !== undefined) return [];
    const waiting = this.#queued.map((queued) => queued.planned);
    const again = this.#divide(waiting, this.#elapsedMs / 1000);
    this.#queued = again.queued;
    return again.run;
  }

  /** `ran` leave the queue, `queued` join it. */
  async #settleQueue(
    ran: readonly PlannedScenario[],
    queued: readonly QueuedScenario[],
  ): Promise<void> {
    const { request, record, planned, secrets } = this.#options;
    const all = planned.map(({ scenario }) => scenario);
    const key = ({ ref: { id, name, file }, scenario: { path } }: PlannedScenario) => ({
      id,
      name: secrets(name),
      file,
      path,
    });
    await settleQueue(request.config.queuePath, {
      ran: ran.map(key),
      queued: queued.map(({ planned: waiting, projectedSeconds, reason }) => ({
        ...key(waiting),
        sources: [...new Set(sourcesOf(waiting.scenario, all).map(({ path }) => path))],
        projected_seconds: projectedSeconds,
        reason,
        queued_at: new Date().toISOString(),
        run_id: record.runId,
      })),
    });
  }

  #finish(failure: Failure | undefined): number {
    const { request, record, events, planned } = this.#options;
    for (const problem of record.problems()) {
      events.emit({ type: 'notice', level: 'warning', message: problem });
      this.#classes.push('infra');
    }
    const decided = Object.values(this.#counts).reduce((sum, count) => sum + count, 0);
    this.#counts.interrupted += planned.length - decided;
    const code = exitCode(this.#classes, this.#counts.queued > 0);
    const interrupted = endingSignal(request.signal);
    events.emit({
      type: 'run:end',
      outcome: this.#outcome(),
      exitCode: code,
      counts: this.#counts,
      durationMs: this.#elapsedMs,
      failure,
      interrupted,
    });
    return code;
  }

  /** Of the run's own scenarios: anything but a verdict on the product is an error. */
  #outcome(): RunOutcome {
    if (this.#classes.some((name) => name !== 'product')) return 'error';
    if (this.#classes.length > 0) return 'failed';
    return this.#counts.flaky > 0 ? 'flaky' : 'passed';
  }
}
