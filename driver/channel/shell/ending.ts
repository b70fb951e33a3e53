import { infraError } from '../../errors.js';
import type { CommandResult } from '../channel.js';
import type { Deferred } from '../../host/waiting.js';
import type { Frame } from './frames.js';
import type { FetchedFile, ShellLink } from './link.js';

/** From SIGTERM to the first SIGKILL. */
const TERM_GRACE_MS = 1000;
/** SIGKILL is repeated so often and so long: children may be born between look and kill. */
const KILL_INTERVAL_MS = 500;
const KILL_ROUNDS = 10;

/** How a command ended in the guest: its outputs came along, wait in files, or have no place. */
export type Ending =
  | { kind: 'inline'; status: number; stdout: string; stderr: string }
  | { kind: 'files'; status: number }
  | { kind: 'lost' };

/** Pieces of a stream: the guest's script sends at most 64, and what is longer as a file. */
const PIECES_LIMIT = 100;

/** Text of both streams that has come before the end of a command. */
export interface Pieces {
  o: string[];
  e: string[];
}

/** Keeps the frame of a piece of output; false when the frame is another. */
export function keepPiece({ kind, rest }: Frame, of: (id: string) => Pieces | undefined): boolean {
  if (kind !== 'p') return false;
  const [, id = '', stream, text = ''] = /^(\S+) ([oe]) ([^]*)$/.exec(rest) ?? [];
  const pieces = of(id)?.[stream === 'e' ? 'e' : 'o'] ?? [];
  if (pieces.length < PIECES_LIMIT) pieces.push(text.replaceAll('\u0003', '\n'));
  return true;
}

/** An ending with what has come before it. */
export const withPieces = (ending: Ending, { o, e }: Pieces): Ending =>
  ending.kind === 'inline'
    ? { ...ending, stdout: o.join('') + ending.stdout, stderr: e.join('') + ending.stderr }
    : ending;

/** Reads the frame by which the guest says that a command has ended. */
export function parseEnding({ kind, rest }: Frame): { id: string; ending: Ending } | undefined {
  const match = /^(\S+) ?(\d*) ?([^]*)$/.exec(rest);
  const id = match?.[1] ?? '';
  const status = Number(match?.[2]);
  if (kind === 'l') return { id, ending: { kind: 'lost' } };
  if (kind === 'b') return { id, ending: { kind: 'files', status } };
  if (kind !== 'd') return undefined;
  const [stdout = '', stderr = ''] = (match?.[3] ?? '').replaceAll('\u0003', '\n').split('\u0004');
  return { id, ending: { kind: 'inline', status, stdout, stderr } };
}

/** Exit status; null where none is known. */
export const statusOf = (ending: Ending | undefined): number | null =>
  ending === undefined || ending.kind === 'lost' ? null : ending.status;

/**
 * Ends a command and all that it has started.
 * @returns how it ended, or undefined when not even SIGKILL ended it (uninterruptible)
 */
export async function killCommand(
  link: ShellLink,
  id: string,
  ended: Deferred<Ending>,
): Promise<Ending | undefined> {
  link.send(`__tb_z ${id} TERM\n`);
  let ending = await ended.within(TERM_GRACE_MS);
  for (let round = 0; ending === undefined && round < KILL_ROUNDS; round++) {
    link.send(`__tb_z ${id} KILL\n`);
    ending = await ended.within(KILL_INTERVAL_MS);
  }
  return ending;
}

/** A command's outputs. */
export type Outputs = Pick<CommandResult, 'stdout' | 'stderr' | 'dropped'>;

/**
 * The outputs of a command that has ended, or been given up.
 * @param limit bytes of each stream
 * @throws TapbootError infra when the guest had nowhere to put them
 */
export async function collectOutputs(
  link: ShellLink,
  id: string,
  ending: Ending | undefined,
  limit: number,
): Promise<Outputs> {
  if (ending?.kind === 'lost') {
    throw infraError('TAPBOOT_E_SHELL_SPOOL', 'the guest has nowhere to put a command’s output', {
      hint: 'Did the scenario remove or fill /run/tapboot-shell-*?',
    });
  }
  if (ending?.kind === 'inline') {
    return cut(whole(ending.stdout), whole(ending.stderr), limit);
  }
  // Both at once: the guest answers them one after the other, without a round trip between.
  const [out, err] = await Promise.all([link.fetch(id, 'o', limit), link.fetch(id, 'e', limit)]);
  return cut(out, err, limit);
}

function whole(text: string): FetchedFile {
  const bytes = Buffer.from(text, 'latin1');
  return { bytes, size: bytes.length };
}

const cut = (out: FetchedFile, err: FetchedFile, limit: number): Outputs => ({
  stdout: out.bytes.subarray(0, limit).toString('utf8'),
  stderr: err.bytes.subarray(0, limit).toString('utf8'),
  dropped: { stdout: Math.max(0, out.size - limit), stderr: Math.max(0, err.size - limit) },
});
