import type { ChannelName } from '../language/step-base.js';

/** What one command in the guest left behind. */
export interface CommandResult {
  channel: ChannelName;
  command: string;
  stdout: string;
  /** Empty where the channel cannot tell it from stdout (`console`); see `stderrSeparate`. */
  stderr: string;
  stderrSeparate: boolean;
  /** Exit status 0–255; null when the command was killed by its timeout. */
  exitStatus: number | null;
  /** Milliseconds from sending the command to having its status. */
  durationMs: number;
  /** True when the timeout ended the command; it has then been killed in the guest. */
  timedOut: boolean;
  /** Bytes beyond the output limit that were dropped, by stream; 0 when nothing was. */
  dropped: { stdout: number; stderr: number };
}

/** How a command is run. */
export interface RunOptions {
  /** Milliseconds until the command is killed in the guest. */
  timeoutMs: number;
  /** Bytes kept of each output stream (default 1 MiB); what is beyond is counted in `dropped`. */
  outputLimit?: number;
  /** Text for the command's standard input; without it, /dev/null. */
  stdin?: string;
  /** Aborts the wait; the command is killed in the guest. */
  signal?: AbortSignal;
}

/**
 * A way to run commands in a guest as root.
 *
 * `run` resolves also for a non-zero exit status and for a timeout: judging is the
 * caller's. It rejects with a TapbootError only when the channel itself is lost
 * (`guest-dead`) or was never usable (`infra`).
 */
export interface Channel extends AsyncDisposable {
  readonly name: ChannelName;
  /** Runs `command` with `/bin/sh -c` semantics (bash where the guest has it). */
  run(command: string, options: RunOptions): Promise<CommandResult>;
  /** Idempotent. */
  close(): Promise<void>;
}

/**
 * How a channel is opened that a guest is not booted with: a folder beside this file exports one
 * as `open` from `open.ts`.
 * @param root a channel that works already
 */
export type OpenChannel = (root: Channel, signal: AbortSignal | undefined) => Promise<Channel>;
