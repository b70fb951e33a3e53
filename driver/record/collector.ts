import path from 'node:path';
import type { Artifact, EventSink, MachineOrigin, RunEvent } from '../events/events.js';
import { writeAtomically } from '../host/atomic-file.js';
import { sortKeys } from '../sort-keys.js';
import type { LedgerScenarioLine } from './ledger/ledger-schema.js';
import { type Metadata, metadataSchema, schemaProblems } from './metadata-schema.js';
import type { RunDirectory } from './run-directory.js';
import { VmTable, roundSeconds } from './vm-table.js';
import type { VmFacts } from '../events/vm-facts.js';

/** What is known before the first event. */
export interface RunFacts {
  runId: string;
  directory: RunDirectory;
  /** Paths below it are written relative to it, others as they are. */
  workingDirectory: string;
  command: string[];
  environment: Record<string, string>;
  timeouts: { spawn_seconds: number; login_seconds: number };
  sessionCeilingSeconds: number;
}

/** A kill loses at most this much of what scenarios' ends alone have changed. */
const MIN_INTERVAL_MS = 1000;

/** Events after which the file is written whatever the interval. */
const LANDMARKS = new Set<RunEvent['type']>([
  ...(['run:start', 'image', 'accelerator', 'vm:start', 'run:end'] as const),
]);

/**
 * Builds metadata.json from the stream of events and the facts that events do not carry,
 * and keeps the file current, so that a killed run leaves a recent one.
 */
export class MetadataCollector implements EventSink {
  readonly #facts: RunFacts;
  readonly #vms: VmTable;
  readonly #scenarios = new ScenarioTable();
  readonly #notices: Metadata['notices'] = [];
  #artifact: Metadata['artifact'] = {};
  #image: Metadata['image'];
  #accelerator: Metadata['accelerator'];
  #version: string | undefined;
  #shard: Metadata['shard'];
  #timeoutFactor: number | undefined;
  #start: number | undefined;
  #now = 0;
  #buildSeconds: number | undefined;
  #end: Extract<RunEvent, { type: 'run:end' }> | undefined;
  #written = 0;

  constructor(facts: RunFacts) {
    this.#facts = facts;
    this.#vms = new VmTable(facts.directory, (file) => this.relative(file));
  }

  /** Fingerprint of the ephemeral root key (`SHA256:…`), for the whole run. */
  setRootKeyFingerprint(fingerprint: string): void {
    this.#artifact = { ...this.#artifact, root_key_fingerprint: fingerprint };
  }

  /** What the timeouts of steps are multiplied by. */
  setTimeoutFactor(factor: number): void {
    this.#timeoutFactor = factor;
  }

  /** What the events do not tell of a VM; may be called in pieces, later values win. */
  setVm(name: string, facts: VmFacts): void {
    this.#vms.set(name, facts);
  }

  /** Adds a piece of evidence to a VM; without a name, to the first one. */
  addDiagnostic(artifact: Artifact, vm?: string): void {
    this.#vms.addDiagnostic(artifact, vm);
  }

  /** A path as the record has it. */
  relative(file: string): string {
    const inside = path.relative(this.#facts.workingDirectory, file);
    return inside === '' || inside.startsWith('..') || path.isAbsolute(inside) ? file : inside;
  }

  handle(event: RunEvent): void {
    this.#now = event.at;
    this.#take(event);
    this.#scenarios.take(event);
    this.#vms.take(event);
    const due = event.type === 'scenario:end' && event.at - this.#written >= MIN_INTERVAL_MS;
    if (LANDMARKS.has(event.type) || due) this.write();
  }

  #take(event: RunEvent): void {
    if (event.type === 'run:start') {
      this.#start = event.at;
      this.#version = event.version;
      this.#shard = event.shard && { ...event.shard };
    } else if (event.type === 'accelerator') {
      this.#accelerator = { name: event.name, reasons: event.reasons };
    } else if (event.type === 'image') {
      const { spec, identity, cached } = event;
      this.#image = { spec, identity, cached };
      this.#artifact = { ...event.artifact, ...this.#artifact };
      this.#buildSeconds = event.buildSeconds;
    } else if (event.type === 'notice') {
      this.#notices.push({ level: event.level, message: event.message });
    } else if (event.type === 'run:end') {
      this.#end = event;
    }
  }

  /** How scenarios stand, in the ledger's words. */
  scenarios(): Metadata['scenarios'] {
    return this.#scenarios.rows();
  }

  /** Origins by scenario id, as announced. */
  origins(): ReadonlyMap<string, MachineOrigin> {
    return this.#scenarios.origins;
  }

  /** The present state of metadata.json. `now`: milliseconds since the epoch. */
  snapshot(now = Date.now()): Metadata {
    const { directory, runId, command, environment, timeouts } = this.#facts;
    const total =
      this.#start === undefined ? undefined : ((this.#end?.at ?? this.#now) - this.#start) / 1000;
    const vms = this.#vms.rows(this.#artifact);
    const [first] = vms;
    const end = this.#end;
    return {
      generated_at: new Date(now).toISOString(),
      run_id: runId,
      driver_version: this.#version,
      outcome: end?.outcome,
      exit_code: end?.exitCode,
      interrupted: end?.interrupted,
      artifact: this.#artifact,
      logs: {
        harness: this.relative(directory.harnessLog),
        serial: this.relative(directory.serialLog),
      },
      qemu: first?.qemu,
      ssh: first?.ssh,
      origin: first?.origin,
      diagnostics: first?.diagnostics ?? this.#vms.unassigned(),
      timings: {
        start: this.#start === undefined ? undefined : new Date(this.#start).toISOString(),
        end: end === undefined ? undefined : new Date(end.at).toISOString(),
        build_seconds: roundSeconds(this.#buildSeconds),
        boot_to_login_seconds: first?.timings.boot_to_login_seconds,
        boot_to_ssh_seconds: first?.timings.boot_to_ssh_seconds,
        total_seconds: roundSeconds(total),
      },
      timeouts: { ...timeouts, step_factor: this.#timeoutFactor },
      shard: this.#shard,
      command,
      environment,
      session_ceiling_exceeded: (total ?? 0) >= this.#facts.sessionCeilingSeconds,
      accelerator: this.#accelerator,
      image: this.#image,
      scenarios: this.scenarios(),
      notices: this.#notices,
      vms,
    };
  }

  /**
   * Writes metadata.json (2-space indent, sorted keys).
   * @returns violations of the schema, one sentence each
   * @throws TapbootError `infra` TAPBOOT_E_RECORD_WRITE
   */
  write(now = Date.now()): string[] {
    this.#written = this.#now;
    const value = sortKeys(this.snapshot(now));
    writeAtomically(this.#facts.directory.metadata, `${JSON.stringify(value, null, 2)}\n`);
    return schemaProblems(metadataSchema, value);
  }
}

/** Collects how each scenario of a run ended, in the run's order. */
export class ScenarioTable {
  readonly #rows = new Map<string, LedgerScenarioLine>();
  readonly origins = new Map<string, MachineOrigin>();

  take(event: RunEvent): void {
    if (event.type === 'run:start') {
      // Reserves the order; a scenario that never gets further says so by its outcome.
      for (const { id, name, file } of event.scenarios) {
        this.#rows.set(id, { id, name, file, outcome: 'interrupted' });
      }
    } else if (event.type === 'scenario:machine') {
      this.origins.set(event.scenario.id, event.origin);
    } else if (event.type === 'scenario:queued' || event.type === 'scenario:not-run') {
      const { id, name, file } = event.scenario;
      const outcome = event.type === 'scenario:queued' ? 'queued' : 'not-run';
      this.#rows.set(id, { id, name, file, outcome });
    } else if (event.type === 'scenario:end') {
      const { id, name, file } = event.scenario;
      const origin = event.origin ?? this.origins.get(id);
      this.#rows.set(id, {
        id,
        name,
        file,
        outcome: event.outcome,
        class: event.failure?.class,
        seconds: roundSeconds(event.durationMs / 1000),
        start: origin?.kind,
      });
    }
  }

  rows(): LedgerScenarioLine[] {
    return [...this.#rows.values()];
  }
}
