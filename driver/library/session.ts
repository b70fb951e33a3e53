import { noCounts } from '../events/counts.js';
import { performance } from 'node:perf_hooks';
import { readConfig } from '../config/config.js';
import type { Flags } from '../config/settings-table.js';
import type { RunSettings } from '../run/settings.js';
import { overridesInForce } from '../record/overrides.js';
import type { BootImageVM as Controller } from '../machine/boot-image-vm.js';
import type { VmHost } from '../machine/vm-host.js';
import type { VmFacts } from '../events/vm-facts.js';
import { reclaimWorkspaces, Workspace } from '../machine/workspace.js';
import { TEARDOWN } from '../machine/diagnostics/index.js';
import { asTapbootError, describeError } from '../errors.js';
import { EventStream } from '../events/stream.js';
import type { Machine } from '../language/machine-shape.js';
import { usualMachine } from '../image/usual-machine.js';
import type { BootImage } from '../image/image.js';
import { RunRecord } from '../record/run-record.js';
import { HarnessLog } from '../report/harness-log.js';
import { originText } from '../report/tap-diagnostics.js';
import { phaseFailure } from '../events/failure.js';
import type { MachinePool } from '../snapshots/machine-pool.js';
import { openPool } from '../snapshots/pool-of-run.js';
import { prepare, type Preparation } from '../run/prepare.js';
import { Verdict, type TestsOutcome } from './verdict.js';
import type { ProcessEdge } from './process-edge.js';

/** What a session is opened with; equal settings share one. */
export interface SessionSettings {
  edge: ProcessEdge;
  flags: Flags;
  /** Told of every stage of the image build and of boots: one line each. */
  progress?: (line: string) => void;
}

/** What is known of one machine of the session beside its controller. */
export interface MachineFacts extends VmFacts {
  argv: readonly string[];
}

/**
 * One image, one run directory, any number of machines: what the test files of one process
 * share. The counterpart of a run of the command line, without scenarios.
 */
export class Session {
  readonly image: BootImage;
  readonly host: VmHost;
  /** What a machine is where a test leaves it open. */
  readonly usual: Machine;
  /** Where its machines come from: as for the scenarios of a run. */
  readonly pool: MachinePool;
  readonly record: RunRecord;
  readonly verdict: Verdict;
  readonly log: (line: string) => void;
  readonly #events: EventStream;
  readonly #workspace: Workspace;
  readonly #started: number;
  readonly #machines = new Set<Controller>();
  readonly #facts: Map<string, MachineFacts>;
  #ended: Promise<void> | undefined;

  private constructor(parts: OpenParts, image: BootImage, host: VmHost, workspace: Workspace) {
    this.image = image;
    this.host = host;
    this.usual = usualMachine(image.spec, parts.request.workingDirectory);
    this.pool = openPool(parts.request, host, image, { unannounced: true }).pool;
    this.record = parts.record;
    this.verdict = parts.verdict;
    this.log = parts.log;
    this.#events = parts.events;
    this.#started = parts.started;
    this.#facts = parts.facts;
    this.#workspace = workspace;
  }

  /**
   * Opens the record and makes image and host ready; boots nothing.
   * @throws TapbootError `scenario` for a wrong setting; `infra` when image, QEMU or the
   *   record's place cannot be had. What was begun is recorded as ended by that.
   */
  static async open(settings: SessionSettings): Promise<Session> {
    const { edge, flags } = settings;
    const config = readConfig(edge.environment, flags, edge.workingDirectory);
    const parts = await openParts(settings, config);
    let workspace: Workspace | undefined;
    try {
      for (const directory of await reclaimWorkspaces()) {
        parts.log(`removed a dead run's ${directory}`);
      }
      workspace = await Workspace.create();
      const { image, host: prepared } = await prepare(parts, workspace.directory);
      const host = { ...prepared, background: true, facts: factsSink(prepared, parts.facts) };
      return new Session(parts, image, host, workspace);
    } catch (thrown) {
      const error = asTapbootError(thrown);
      parts.verdict.broken(error);
      await workspace?.close();
      await finish(parts, undefined).catch((later: unknown) => {
        parts.log(describeError(asTapbootError(later)));
      });
      throw error;
    }
  }

  /** Takes charge of a machine: it is watched, and ended with the session at the latest. */
  adopt(controller: Controller): void {
    this.#machines.add(controller);
    this.log(`VM ${controller.name}: ${originText(controller.origin)}`);
    this.writeRecord();
    void controller.death.then((error) => {
      if (this.#machines.has(controller)) this.verdict.died(controller.name, error);
    });
  }

  /** Keeps a machine's evidence and ends it. Never rejects. */
  async dismiss(controller: Controller): Promise<void> {
    // A death that is not certain yet is told as any other.
    await controller.settledDeath();
    if (!this.#machines.delete(controller)) return;
    try {
      await this.keepEvidence(controller, this.verdict.failed ? 'tests failed' : TEARDOWN);
      await controller.close();
    } catch (thrown) {
      this.warn(`${controller.name} could not be ended: ${asTapbootError(thrown).message}`);
    }
  }

  /** Diagnostics of a machine, into the record. Never rejects. */
  async keepEvidence(
    controller: Controller,
    reason: string,
  ): Promise<Awaited<ReturnType<Controller['collectDiagnostics']>>> {
    const artifacts = await controller.collectDiagnostics(reason);
    for (const artifact of artifacts) this.record.metadata.addDiagnostic(artifact, controller.name);
    this.writeRecord();
    return artifacts;
  }

  /** Brings metadata.json up to date: a test may want to read it, and a kill loses less. */
  writeRecord(): void {
    this.record.metadata.write();
  }

  /** A warning for the record. */
  warn(message: string): void {
    this.#events.emit({ type: 'notice', level: 'warning', message });
  }

  /** What is known of a machine. */
  facts(name: string): MachineFacts {
    return this.#facts.get(name) ?? { argv: [] };
  }

  /** True once {@link end} has been called. */
  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /**
   * Ends all machines and closes the record. Idempotent.
   * @param outcome what the caller knows of the tests; asked for once the machines are gone,
   *   since test runners tell late
   * @throws TapbootError `infra` when the record could not be written
   */
  end(outcome: () => TestsOutcome | undefined): Promise<void> {
    this.#ended ??= this.#end(outcome);
    return this.#ended;
  }

  async #end(outcome: () => TestsOutcome | undefined): Promise<void> {
    this.verdict.tests(outcome());
    for (const controller of this.#machines) await this.dismiss(controller);
    // What is kept for later processes lies in the workspace until it is in its place.
    await this.pool.close();
    await this.#workspace.close();
    await finish(
      { record: this.record, events: this.#events, verdict: this.verdict, started: this.#started },
      outcome,
    );
  }
}

interface OpenParts extends Preparation {
  verdict: Verdict;
  started: number;
  facts: Map<string, MachineFacts>;
}

async function openParts(settings: SessionSettings, config: RunSettings): Promise<OpenParts> {
  const { edge, progress } = settings;
  const record = await RunRecord.open({
    logRoot: config.logRoot,
    ledgerPath: config.ledgerPath,
    command: edge.command,
    workingDirectory: edge.workingDirectory,
    environment: overridesInForce(edge.environment),
    timeouts: {
      spawnSeconds: config.spawnTimeoutSeconds,
      loginSeconds: config.loginTimeoutSeconds,
    },
    sessionCeilingSeconds: config.sessionCeilingSeconds,
  });
  // What the record lacks makes the session an error; the process is its owner's, and goes on.
  const lost = (thrown: unknown): void => {
    verdict.broken(asTapbootError(thrown));
  };
  const harness = new HarnessLog(record.directory.harnessLog, undefined, lost);
  const log = (line: string): void => {
    harness.log(line);
  };
  const facts = new Map<string, MachineFacts>();
  const verdict = new Verdict((message) => {
    events.emit({ type: 'notice', level: 'warning', message });
  });
  const events = new EventStream(lost);
  events.add(record);
  events.add(harness);
  events.add({
    handle: (event) => {
      if (event.type === 'vm:start') {
        facts.set(event.vm, { ...facts.get(event.vm), argv: event.argv });
      } else if (event.type === 'phase:start' || event.type === 'phase:progress') {
        progress?.(`${event.phase}: ${event.text}`);
      }
    },
  });
  const request = { ...edge, config, signal: new AbortController().signal };
  events.emit({
    type: 'run:start',
    run: record.directory.name,
    directory: record.directory.path,
    command: edge.command,
    version: edge.version,
    scenarios: [],
  });
  for (const message of record.said) events.emit({ type: 'notice', level: 'warning', message });
  return { request, record, events, log, verdict, started: performance.now(), facts };
}

/** Facts go to the record and are remembered. */
function factsSink(host: VmHost, facts: Map<string, MachineFacts>): VmHost['facts'] {
  return (vm, news) => {
    facts.set(vm, { argv: [], ...facts.get(vm), ...news });
    host.facts(vm, news);
  };
}

/** The end of the record: problems, outcome, files. */
async function finish(
  parts: Pick<OpenParts, 'record' | 'events' | 'verdict' | 'started'>,
  outcome: (() => TestsOutcome | undefined) | undefined,
): Promise<void> {
  const { record, events, verdict, started } = parts;
  for (const message of record.problems()) {
    events.emit({ type: 'notice', level: 'warning', message });
  }
  verdict.tests(outcome?.());
  const failure = verdict.failure;
  events.emit({
    type: 'run:end',
    outcome: verdict.outcome,
    exitCode: verdict.exitCode,
    counts: noCounts(),
    durationMs: performance.now() - started,
    failure: failure === undefined ? undefined : phaseFailure(failure, 'step'),
  });
  await events.close();
}
