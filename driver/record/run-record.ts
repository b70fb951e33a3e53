import { randomUUID } from 'node:crypto';
import { infraError } from '../errors.js';
import type { EventSink, RunEvent } from '../events/events.js';
import { appendToLedger, ledgerObstacles, settleLedger } from './ledger/append.js';
import { ledgerLineSchema } from './ledger/ledger-schema.js';
import { ledgerEnd } from './ledger/ledger-tail.js';
import { sortKeys } from '../sort-keys.js';
import { MetadataCollector } from './collector.js';
import { markInterrupted } from './interrupted.js';
import { ledgerLine } from './ledger-line.js';
import { metadataSchema, schemaProblems } from './metadata-schema.js';
import { identify } from '../host/process-identity.js';
import type { RunDirectory } from './run-directory.js';
import { createRunDirectory } from './run-directory.js';
import type { RunState } from './run-state.js';
import { writeRunState } from './run-state.js';

/** What a record is opened with. */
export interface RunRecordOptions {
  /** Where run directories are made; absolute. */
  logRoot: string;
  /** Absolute; undefined switches the ledger off. */
  ledgerPath: string | undefined;
  workingDirectory: string;
  /** The invocation; its first word is the program. */
  command: string[];
  /** From `overridesInForce`. */
  environment: Record<string, string>;
  timeouts: { spawnSeconds: number; loginSeconds: number };
  sessionCeilingSeconds: number;
  /** Start of the run. */
  now?: Date;
}

/**
 * The record of one run: directory, metadata.json, ledger line, run.json. A sink of the
 * run's events, and a resource with a lifetime; `close` is what ends it in order.
 */
export class RunRecord implements EventSink {
  readonly runId: string;
  readonly directory: RunDirectory;
  readonly metadata: MetadataCollector;
  /** What was found and repaired while opening; for notices. */
  readonly said: string[];
  readonly #state: RunState;
  #closed: Promise<void> | undefined;

  private constructor(
    directory: RunDirectory,
    metadata: MetadataCollector,
    state: RunState,
    said: string[],
  ) {
    this.runId = state.run_id;
    this.directory = directory;
    this.metadata = metadata;
    this.said = said;
    this.#state = state;
  }

  /**
   * Records what earlier runs left undone, then makes this run's directory and says in
   * it that it runs.
   * @throws TapbootError `infra` when files cannot be written
   */
  static async open(options: RunRecordOptions): Promise<RunRecord> {
    const now = options.now ?? new Date();
    const { marked, said } = await markInterrupted(options.logRoot, now);
    said.push(...marked.map((directory) => `${directory}: an earlier run was interrupted`));
    if (options.ledgerPath !== undefined) {
      said.push(...(await settleLedger(options.ledgerPath)).said);
    }
    const directory = createRunDirectory(options.logRoot, now);
    const timeouts = {
      spawn_seconds: options.timeouts.spawnSeconds,
      login_seconds: options.timeouts.loginSeconds,
    };
    const state: RunState = {
      run_id: randomUUID(),
      state: 'running',
      started_at: now.toISOString(),
      process: identify(),
      working_directory: options.workingDirectory,
      command: options.command,
      timeouts,
      ledger:
        options.ledgerPath === undefined
          ? undefined
          : { path: options.ledgerPath, offset: ledgerEnd(options.ledgerPath) },
    };
    writeRunState(directory.path, state);
    const { workingDirectory, command, environment, sessionCeilingSeconds } = options;
    const metadata = new MetadataCollector({
      runId: state.run_id,
      directory,
      workingDirectory,
      command,
      environment,
      timeouts,
      sessionCeilingSeconds,
    });
    metadata.write(now.getTime());
    return new RunRecord(directory, metadata, state, said);
  }

  handle(event: RunEvent): void {
    this.metadata.handle(event);
  }

  /**
   * Writes metadata.json, checks it and the ledger line to be against the schemas, and
   * looks whether the ledger can be written. For the caller to ask before it announces the
   * run's outcome: each problem is a notice, and any is an infrastructure failure.
   * @returns problems, one sentence each
   */
  problems(): string[] {
    const found: string[] = [];
    const attempt = (what: string, check: () => string[]): void => {
      try {
        found.push(...check().map((problem) => `${what}: ${problem}`));
      } catch (error) {
        found.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      }
    };
    attempt('metadata.json', () => this.metadata.write());
    attempt('ledger line', () =>
      schemaProblems(ledgerLineSchema, sortKeys(this.#line(new Date()))),
    );
    const { ledger } = this.#state;
    if (ledger !== undefined) attempt('ledger', () => ledgerObstacles(ledger.path));
    return found;
  }

  #line(timestamp: Date): ReturnType<typeof ledgerLine> {
    return ledgerLine(this.metadata.snapshot(timestamp.getTime()), {
      metadataPath: this.metadata.relative(this.directory.metadata),
      timestamp,
    });
  }

  /**
   * Ends the record after `run:end`: final metadata.json, ledger line, run.json, in this
   * order, so that a kill in between is seen and completed by the next run. Idempotent.
   * @throws TapbootError `infra` TAPBOOT_E_RECORD_INVALID when the record violates its
   *   schemas (it is written all the same), TAPBOOT_E_RECORD_WRITE, TAPBOOT_E_LOCK…
   */
  close(): Promise<void> {
    this.#closed ??= this.#finish();
    return this.#closed;
  }

  async #finish(): Promise<void> {
    const problems = this.problems();
    const now = new Date();
    const { ledger } = this.#state;
    if (ledger !== undefined) {
      const repairs = await appendToLedger(ledger.path, this.#line(now), ledger.offset);
      this.said.push(...repairs.said);
    }
    writeRunState(this.directory.path, {
      ...this.#state,
      state: 'ended',
      ended_at: now.toISOString(),
    });
    if (problems.length === 0) return;
    throw infraError('TAPBOOT_E_RECORD_INVALID', 'the record of this run violates its schema', {
      expected: metadataSchema.description ?? 'docs/schemas',
      got: problems.join('\n'),
      at: { file: this.directory.metadata, line: 1, column: 1 },
      hint: 'This is a defect of tapboot; please report it with metadata.json.',
    });
  }
}
