import { performance } from 'node:perf_hooks';
import { reclaimWorkspaces, Workspace } from '../controller/workspace.js';
import type { VmHost } from '../controller/vm-host.js';
import { asTapbootError, infraError, type FailureClass } from '../errors.js';
import type { EventStream, Failure, RunOutcome, ScenarioOutcome } from '../events/events.js';
import { exitCode } from '../exit-code.js';
import type { BootImage } from '../image/image.js';
import { provideImage } from '../image/providers.js';
import { settleQueue } from '../ledger/queue.js';
import type { RunRecord } from '../metadata/run-record.js';
import { chooseAccelerator } from '../qemu/accelerator.js';
import { identifyQemu } from '../qemu/version.js';
import type { Redactor } from '../report/redact.js';
import { phaseFailure } from './failures.js';
import { makeRunKeys } from './keys.js';
import { MachinePool } from './machine-pool.js';
import { probeKernel } from './probe-kernel.js';
import type { PlannedScenario } from './repeat.js';
import type { RunRequest } from './request.js';
import { runScenario } from './run-scenario.js';

/** SPEC of the image when neither a flag nor `TAPBOOT_IMAGE` names one. */
export const DEFAULT_IMAGE = 'debian';

/** A scenario that waits for `--resume`. */
export interface QueuedScenario {
  planned: PlannedScenario;
  projectedSeconds: number;
  reason: string;
}

export interface RunOptions {
  request: RunRequest;
  record: RunRecord;
  events: EventStream;
  secrets: Redactor;
  /** A line for harness.log. */
  log: (line: string) => void;
  /** All scenarios of the request, in order. */
  planned: PlannedScenario[];
  /** The same, divided by the budget. */
  plan: { run: PlannedScenario[]; queued: QueuedScenario[] };
  badLedgerLines: { line: number; reason: string }[];
}

/** One run: image, accelerator, machines, scenarios, outcome. */
export class Run {
  readonly #options: RunOptions;
  readonly #started = performance.now();
  readonly #classes: FailureClass[] = [];
  readonly #counts: Record<ScenarioOutcome, number> = {
    ...{ passed: 0, flaky: 0, failed: 0, queued: 0, interrupted: 0 },
  };

  constructor(options: RunOptions) {
    this.#options = options;
  }

  /** Runs everything; errors become events and the exit code. */
  async execute(): Promise<number> {
    this.#announce();
    let failure: Failure | undefined;
    try {
      await this.#scenarios();
      await this.#settleQueue();
    } catch (thrown) {
      const error = asTapbootError(thrown);
      const { signal } = this.#options.request;
      const cause = signal.aborted ? interrupted(signal) : error;
      failure = phaseFailure(cause, this.#phase);
      this.#classes.push(cause.failureClass);
    }
    return this.#finish(failure);
  }

  #phase: Failure['phase'] = 'setup';

  #announce(): void {
    const { request, record, events, planned, badLedgerLines } = this.#options;
    events.emit({
      ...{ type: 'run:start', run: record.directory.name, directory: record.directory.path },
      ...{ command: request.command, version: request.version },
      scenarios: planned.map(({ scenario, ref }) => ({
        ...ref,
        steps: scenario.steps.length,
        tags: scenario.tags,
      })),
    });
    for (const message of record.said) events.emit({ type: 'notice', level: 'warning', message });
    for (const { line, reason } of badLedgerLines) {
      const message = `ledger line ${String(line)} cannot be read and is passed over: ${reason}`;
      events.emit({ type: 'notice', level: 'warning', message });
    }
  }

  async #scenarios(): Promise<void> {
    const { request, events, plan } = this.#options;
    if (plan.run.length > 0) {
      const image = await this.#image();
      await using workspace = await Workspace.create();
      const removed = await reclaimWorkspaces();
      for (const directory of removed) this.#options.log(`removed a dead run's ${directory}`);
      const host = await this.#host(image, workspace.directory);
      const { fresh } = request.config;
      const pool = new MachinePool({ host, image, fresh });
      pool.expect(plan.run.map(({ scenario }) => scenario));
      for (const planned of plan.run) {
        if (request.signal.aborted) throw interrupted(request.signal);
        const result = await runScenario(planned, pool, { ...this.#options, host });
        this.#counts[result.outcome]++;
        if (result.class !== undefined) this.#classes.push(result.class);
      }
    }
    for (const { planned, projectedSeconds, reason } of plan.queued) {
      events.emit({ type: 'scenario:queued', scenario: planned.ref, projectedSeconds, reason });
      this.#counts.queued++;
    }
  }

  async #image(): Promise<BootImage> {
    const { request, events, log } = this.#options;
    const spec = request.config.image ?? DEFAULT_IMAGE;
    this.#phase = 'build';
    const text = `image ${spec}`;
    events.emit({ type: 'phase:start', phase: 'build', text });
    const started = performance.now();
    const image = await provideImage(spec, {
      cacheDirectory: request.cacheDirectory,
      projectRoot: request.projectRoot,
      workingDirectory: request.workingDirectory,
      signal: request.signal,
      progress: {
        stage: (stage) => {
          events.emit({ type: 'phase:progress', phase: 'build', text: stage });
        },
        log: (line) => {
          log(`image: ${line}`);
        },
      },
    });
    const seconds = (performance.now() - started) / 1000;
    events.emit({ type: 'phase:end', phase: 'build', text, seconds });
    const { identity, cached, buildSeconds, artifact } = image;
    events.emit({
      ...{ type: 'image', spec, identity, cached, artifact },
      ...(buildSeconds === undefined ? {} : { buildSeconds }),
    });
    return image;
  }

  async #host(image: BootImage, workspace: string): Promise<VmHost> {
    const { request, record, events, log } = this.#options;
    const { config } = request;
    this.#phase = 'setup';
    const qemu = await identifyQemu();
    const kernel = await probeKernel(image);
    const accelerator = await chooseAccelerator({
      ...{ wanted: config.accel, qemu, cacheDirectory: request.cacheDirectory, log },
      ...(kernel === undefined ? {} : { kernel }),
    });
    const { name, reasons } = accelerator;
    events.emit({ type: 'accelerator', name, reasons });
    const keys = await makeRunKeys(workspace);
    record.metadata.setRootKeyFingerprint(keys.fingerprint);
    const firmware = request.environment['TAPBOOT_OVMF'];
    this.#phase = 'boot';
    return {
      ...{ qemu, accelerator, keys, workspace, log, signal: request.signal },
      timeouts: {
        spawnMs: config.spawnTimeoutSeconds * 1000,
        loginMs: config.loginTimeoutSeconds * 1000,
      },
      ...(firmware === undefined ? {} : { firmware }),
      emit: (event) => {
        events.emit(event);
      },
      places: (vm) => record.directory.vm(vm),
      facts: (vm, facts) => {
        record.metadata.setVm(vm, facts);
      },
    };
  }

  async #settleQueue(): Promise<void> {
    const { request, record, plan } = this.#options;
    await settleQueue(request.config.queuePath, {
      ran: plan.run.map(({ ref }) => ref),
      queued: plan.queued.map(({ planned, projectedSeconds, reason }) => ({
        ...planned.ref,
        projected_seconds: projectedSeconds,
        reason,
        queued_at: new Date().toISOString(),
        run_id: record.runId,
      })),
    });
  }

  #finish(failure: Failure | undefined): number {
    const { request, record, events, plan } = this.#options;
    for (const problem of record.problems()) {
      events.emit({ type: 'notice', level: 'warning', message: problem });
      this.#classes.push('infra');
    }
    const decided = Object.values(this.#counts).reduce((sum, count) => sum + count, 0);
    this.#counts.interrupted += plan.run.length + plan.queued.length - decided;
    const code = exitCode(this.#classes, this.#counts.queued > 0);
    const reason: unknown = request.signal.reason;
    events.emit({
      ...{ type: 'run:end', outcome: this.#outcome(), exitCode: code, counts: this.#counts },
      durationMs: performance.now() - this.#started,
      ...(failure === undefined ? {} : { failure }),
      ...(reason === 'SIGINT' || reason === 'SIGTERM' ? { interrupted: reason } : {}),
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

/** The error of a run that a signal ended. */
export function interrupted(signal: AbortSignal): ReturnType<typeof infraError> {
  return infraError('TAPBOOT_E_INTERRUPTED', `interrupted by ${String(signal.reason)}`, {
    hint: 'Nothing is wrong with the product; run again.',
  });
}
