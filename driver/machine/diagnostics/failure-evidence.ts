import type { CommandResult, RunOptions } from '../../channel/channel.js';
import type { Artifact } from '../../events/events.js';
import { atOnce } from './at-once.js';
import {
  AGENT_UNIT,
  DIAGNOSTICS,
  LIST_AGENT_LOGS,
  LIST_FAILED_UNITS,
  readLog,
  unitJournal,
  type Diagnostic,
} from './diagnostic.js';
import { EvidenceFiles } from './evidence-files.js';
import { findOomKills, oomWords } from './oom-kills.js';

/** The part of a machine that diagnostics need. */
export interface DiagnosticSource {
  readonly power: 'on' | 'off';
  readonly console: { tail(characters: number): string };
  /** Writes a picture of the display, where there can be one. */
  screenshot?(file: string): Promise<void>;
  run(command: string, options: RunOptions): Promise<CommandResult>;
}

/** How diagnostics are taken; all optional. */
export interface DiagnosticOptions {
  /** Replaces the values that no file may show. */
  redact?: (text: string) => string;
  /** Milliseconds for each command (default 10 000). */
  timeoutMs?: number;
  signal?: AbortSignal;
  /** Takes the reason why files are missing that no file can tell. */
  incomplete?: (reason: string) => void;
}

/** The reason that asks for the short list: what is kept of every VM run. */
export const TEARDOWN = 'teardown';

const TIMEOUT_MS = 10_000;
const OUTPUT_LIMIT = 4 * 1024 * 1024;
const CONSOLE_CHARACTERS = 64 * 1024;
/** A guest that lets so many commands run into their timeout answers none. */
const PATIENCE = 2;

/**
 * Takes the evidence of a machine and writes it into `directory`. For the reason `teardown`
 * the kernel log and the agent's own logs; for any other also what explains a failure.
 * Never rejects. What could not be had is told, with the reason, in a file of its own.
 *
 * @param reason e.g. `step 3 failed`; part of all labels and file names
 * @returns the files, in the order they were written
 */
export async function collectDiagnostics(
  source: DiagnosticSource,
  reason: string,
  directory: string,
  options: DiagnosticOptions = {},
): Promise<Artifact[]> {
  const words = reason === TEARDOWN ? 'post-test teardown' : reason;
  const files = new EvidenceFiles(directory, words, options.redact ?? ((text) => text));
  const collection = new Collection(source, files, options);
  try {
    await collection.take(reason === TEARDOWN ? 'always' : 'failure');
  } catch (error) {
    // A directory that cannot be written to, for example: a file cannot tell it.
    options.incomplete?.(error instanceof Error ? error.message : String(error));
  }
  return files.artifacts;
}

class Collection {
  readonly #source: DiagnosticSource;
  readonly #files: EvidenceFiles;
  readonly #options: DiagnosticOptions;
  readonly #missing: string[] = [];
  /** Why the guest is no longer asked. */
  #silent: string | undefined;
  #timeouts = 0;
  /** What is known before it is asked for, by command. */
  #answers = new Map<string, CommandResult>();

  constructor(source: DiagnosticSource, files: EvidenceFiles, options: DiagnosticOptions) {
    this.#source = source;
    this.#files = files;
    this.#options = options;
    if (source.power === 'off') this.#silent = 'the machine is off';
  }

  async take(extent: Diagnostic['when']): Promise<void> {
    // First of all: what a display shows may be gone a moment later.
    if (extent === 'failure') await this.#keepScreenshot();
    const wanted = DIAGNOSTICS.filter(({ when }) => extent === 'failure' || when === 'always');
    // Of every run, so it has to be cheap; after a failure one by one, each with its own time.
    if (extent === 'always') await this.#askAtOnce(wanted);
    for (const { label, command } of wanted) {
      const result = await this.#keepOutput(label, command);
      if (label === 'dmesg' && result !== undefined) await this.#keepOomKills(result.stdout);
    }
    for (const log of await this.#list('list of agent logs', LIST_AGENT_LOGS)) {
      const name = log.replace(/^.*\//, '').replace(/\.log$/, ' log');
      await this.#keepOutput(name, readLog(log));
    }
    if (extent === 'failure') {
      for (const unit of await this.#list('list of failed units', LIST_FAILED_UNITS)) {
        // The agent's journal is among the diagnostics anyhow.
        if (unit !== AGENT_UNIT) await this.#keepOutput(`journal of ${unit}`, unitJournal(unit));
      }
      await this.#keepConsole();
    }
    if (this.#missing.length === 0) return;
    await this.#files.keep('not collected', `${this.#missing.join('\n')}\n`);
  }

  /** Answers that do not come by this are asked for one by one. */
  async #askAtOnce(wanted: readonly Diagnostic[]): Promise<void> {
    if (this.#silent !== undefined) return;
    const { command, answersOf } = atOnce(wanted);
    try {
      this.#answers = answersOf(await this.#run(command));
    } catch {
      // Why the guest does not answer is told when it is asked again.
    }
  }

  async #run(command: string): Promise<CommandResult> {
    const { timeoutMs = TIMEOUT_MS, signal } = this.#options;
    return await this.#source.run(command, { timeoutMs, outputLimit: OUTPUT_LIMIT, signal });
  }

  /** The host takes it: a guest that no longer answers has a display all the same. */
  async #keepScreenshot(): Promise<void> {
    const { power, screenshot } = this.#source;
    if (screenshot === undefined || power === 'off') return;
    try {
      await this.#files.keepFile(
        'screenshot',
        '.png',
        (file) => this.#source.screenshot?.(file) ?? Promise.resolve(),
      );
    } catch (error) {
      this.#missing.push(`screenshot: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async #keepOutput(label: string, command: string): Promise<CommandResult | undefined> {
    const result = await this.#ask(label, command);
    if (result === undefined) return undefined;
    if (result.exitStatus === 127 && result.stdout === '') {
      this.#missing.push(`${label}: the guest has no such tool`);
      return undefined;
    }
    await this.#files.keep(label, written(result));
    return result;
  }

  /** Undefined, with the reason remembered, when there is no answer at all. */
  async #ask(label: string, command: string): Promise<CommandResult | undefined> {
    if (this.#silent !== undefined) {
      this.#missing.push(`${label}: ${this.#silent}`);
      return undefined;
    }
    const { timeoutMs = TIMEOUT_MS } = this.#options;
    try {
      const result = this.#answers.get(command) ?? (await this.#run(command));
      if (!result.timedOut) return result;
      this.#timeouts += 1;
      if (this.#timeouts >= PATIENCE) {
        this.#silent = `not asked: ${String(PATIENCE)} commands before it got no answer in time`;
      }
      if (result.stdout !== '') return result;
      this.#missing.push(`${label}: no answer within ${String(timeoutMs / 1000)} s`);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#missing.push(`${label}: ${why}`);
      this.#silent = `not asked: ${why}`;
    }
    return undefined;
  }

  async #list(label: string, command: string): Promise<string[]> {
    const result = await this.#ask(label, command);
    if (result === undefined) return [];
    const names = result.stdout.split('\n').map((line) => line.trim());
    return names.filter((name) => name !== '');
  }

  async #keepOomKills(dmesg: string): Promise<void> {
    const kills = findOomKills(dmesg);
    if (kills.length === 0) return;
    await this.#files.keep(oomWords(kills), `${oomWords(kills)}\n`);
  }

  async #keepConsole(): Promise<void> {
    try {
      await this.#files.keep('console tail', this.#source.console.tail(CONSOLE_CHARACTERS));
    } catch (error) {
      this.#missing.push(`console tail: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** Output as a file has it: what a command said besides comes behind, and is marked. */
function written(result: CommandResult): string {
  const { stdout, stderr, exitStatus, timedOut, dropped } = result;
  const end = stdout === '' || stdout.endsWith('\n') ? '' : '\n';
  const remarks = [
    ...(stderr.trim() === '' ? [] : [`stderr: ${stderr.trim()}`]),
    ...(timedOut ? ['killed by its timeout'] : []),
    ...(timedOut || exitStatus === 0 ? [] : [`exit status ${String(exitStatus)}`]),
    ...(dropped.stdout > 0 ? [`${String(dropped.stdout)} more bytes were not kept`] : []),
  ];
  return `${stdout}${end}${remarks.map((remark) => `[tapboot] ${remark}\n`).join('')}`;
}
