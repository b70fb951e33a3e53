import { closeSync, openSync } from 'node:fs';
import type { TapbootError } from '../errors.js';
import type { EventSink, Failure, RunEvent } from '../events/events.js';
import { recordWriteError, writeFully } from '../host/atomic-file.js';
import { duration, plainText } from './plain-text.js';
import { originText } from './tap-diagnostics.js';

/**
 * harness.log: what the driver did and saw, one timestamped line (UTC, milliseconds) an
 * event; further lines of the same entry begin with `  | `. Written at once and
 * unbuffered, so that a killed driver leaves all that it had to say.
 */
export class HarnessLog implements EventSink {
  readonly #file: string;
  readonly #redact: (text: string) => string;
  readonly #onError: (error: TapbootError) => void;
  readonly #clock: () => number;
  #fd: number | undefined;
  #failed = false;

  /**
   * @param redact applied to every line; events are expected redacted already, but
   *   typed console input and tools' output come from elsewhere
   * @param onError told once when the log can no longer be written, e.g. disk full
   * @throws TapbootError `infra` TAPBOOT_E_RECORD_WRITE
   */
  constructor(
    file: string,
    redact: (text: string) => string = (text) => text,
    onError: (error: TapbootError) => void = () => undefined,
    clock: () => number = Date.now,
  ) {
    this.#file = file;
    this.#redact = redact;
    this.#onError = onError;
    this.#clock = clock;
    try {
      this.#fd = openSync(file, 'a', 0o644);
    } catch (cause) {
      throw recordWriteError(file, cause);
    }
  }

  /**
   * Adds an entry of one or several lines. After `close`, or an error, it goes nowhere: whoever
   * logs, often a callback of the event loop, is not to be hit by it.
   */
  log(text: string, at = this.#clock()): void {
    if (this.#fd === undefined || this.#failed) return;
    const [first = '', ...rest] = plainText(this.#redact(text)).replace(/\n+$/, '').split('\n');
    const lines = [`${new Date(at).toISOString()} ${first}`, ...rest.map((line) => `  | ${line}`)];
    try {
      writeFully(this.#fd, Buffer.from(`${lines.join('\n')}\n`));
    } catch (cause) {
      this.#failed = true;
      this.#onError(recordWriteError(this.#file, cause));
    }
  }

  handle(event: RunEvent): void {
    for (const text of entries(event)) this.log(text, event.at);
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

/** One word of a command line, quoted only where a reader needs it. */
const word = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : JSON.stringify(text);
const words = (list: string[]): string => list.map(word).join(' ');

function failureText(failure: Failure): string {
  const { at } = failure;
  return [
    `${failure.class} ${failure.code}: ${failure.message} (phase ${failure.phase})`,
    ...(at === undefined ? [] : [`at ${at.file}:${String(at.line)}:${String(at.column)}`]),
    ...failure.mismatches.flatMap(({ what, expected, got }) => [
      what,
      `expected: ${expected}`,
      `got: ${got}`,
    ]),
    ...(failure.output === undefined ? [] : [failure.output]),
    ...failure.artifacts.map(({ label, path }) => `kept ${label}: ${path}`),
  ].join('\n');
}

function stepEntries(event: Extract<RunEvent, { type: 'step:end' }>): string[] {
  const { step, scenario } = event;
  const commands = event.commands.map((command) => {
    const status = command.timedOut ? 'timed out' : `exit ${String(command.exitStatus)}`;
    const dropped = command.dropped.stdout + command.dropped.stderr;
    return [
      `${command.channel} (${status}, ${duration(command.durationMs)}): ${command.command}`,
      ...(command.stdout === '' ? [] : [`stdout:\n${command.stdout}`]),
      ...(command.stderr === '' ? [] : [`stderr:\n${command.stderr}`]),
      ...(dropped === 0 ? [] : [`${String(dropped)} bytes beyond the output limit were dropped`]),
    ].join('\n');
  });
  const why = event.skipReason === undefined ? '' : `: ${event.skipReason}`;
  return [
    ...commands,
    ...event.notes.map((note) => `note: ${note}`),
    `step ${scenario.id}#${String(step.index)} ${event.outcome}${why} (${duration(event.durationMs)})`,
    ...(event.failure === undefined ? [] : [failureText(event.failure)]),
  ];
}

/** Entries of one event; none for what another entry tells better. */
function entries(event: RunEvent): string[] {
  const tail = (failure: Failure | undefined): string[] =>
    failure === undefined ? [] : [failureText(failure)];
  switch (event.type) {
    case 'run:start':
      return [
        `run ${event.run} starts: tapboot ${event.version}`,
        `command: ${words(event.command)}`,
        `scenarios: ${event.scenarios.map(({ id }) => id).join(', ') || 'none'}`,
      ];
    case 'phase:start':
    case 'phase:progress':
      return [`${event.phase}${event.vm === undefined ? '' : ` [${event.vm}]`}: ${event.text}`];
    case 'phase:end':
      return [`${event.phase} ended after ${duration(event.seconds * 1000)}: ${event.text}`];
    case 'accelerator':
      return [`accelerator ${event.name}: ${event.reasons.join('; ')}`];
    case 'image':
      return [`image ${event.spec} ${event.identity}${event.cached ? ' (from the cache)' : ''}`];
    case 'vm:start':
      return [`VM ${event.vm} starts (${event.version}): ${words(event.argv)}`];
    case 'vm:end':
      return [`VM ${event.vm} ended: ${event.reason}`];
    case 'scenario:start':
      return [`scenario ${event.scenario.id} starts, attempt ${String(event.attempt)}`];
    case 'scenario:machine':
      return [`scenario ${event.scenario.id} on VM ${event.vm}: ${originText(event.origin)}`];
    case 'step:start':
      return [`step ${event.scenario.id}#${String(event.step.index)} starts: ${event.step.title}`];
    case 'step:end':
      return stepEntries(event);
    case 'scenario:end':
      return [
        `scenario ${event.scenario.id} ${event.outcome} (${duration(event.durationMs)})`,
        ...tail(event.failure),
      ];
    case 'scenario:queued':
      return [`scenario ${event.scenario.id} queued: ${event.reason}`];
    case 'scenario:not-run':
      return [`scenario ${event.scenario.id} not run: ${event.reason}`];
    case 'debug:start':
      return [`VM ${event.vm} is held for debugging`];
    case 'debug:end':
      return [`VM ${event.vm} was held for ${duration(event.seconds * 1000)}`];
    case 'notice':
      return [`${event.level}: ${event.message}`];
    case 'run:end':
      return [
        ...tail(event.failure),
        `run ends: ${event.outcome}, exit code ${String(event.exitCode)}` +
          `${event.interrupted === undefined ? '' : `, interrupted by ${event.interrupted}`} ` +
          `(${duration(event.durationMs)})`,
      ];
  }
}
