import type { CommandResult } from '../channel/channel.js';
import type { ExitExpectation, TextPattern } from '../language/expectation.js';

/** Lines of each stream that a failure shows; the whole output is in the command's record. */
const SHOWN_LINES = 40;

/** Milliseconds as people read them: `420 s`, `1.5 s`, `0.25 s`. */
export function seconds(ms: number): string {
  return `${String(Math.round(ms / 10) / 100)} s`;
}

/** A command as a part of a sentence: one line, at most 80 characters, in backquotes. */
export function quoted(command: string): string {
  const line = command.trim().replace(/\s*\n\s*/g, '; ');
  return line.length <= 80 ? `\`${line}\`` : `\`${line.slice(0, 79)}…\``;
}

/** The last lines of a text, saying how many were left out; empty for an empty text. */
export function lastLines(text: string, count: number = SHOWN_LINES): string {
  const lines = text.replace(/\n+$/, '').split('\n');
  if (lines.length === 1 && lines[0] === '') return '';
  if (lines.length <= count) return lines.join('\n');
  const left = lines.length - count;
  return [`… ${String(left)} lines before`, ...lines.slice(-count)].join('\n');
}

/** What a command has printed, for a failure's excerpt; undefined when it printed nothing. */
export function outputExcerpt(
  result: Pick<CommandResult, 'stdout' | 'stderr' | 'stderrSeparate'>,
): string | undefined {
  const stdout = lastLines(result.stdout);
  const stderr = lastLines(result.stderr);
  const parts: string[] = [];
  if (stdout !== '') parts.push(`${result.stderrSeparate ? 'stdout' : 'output'}:\n${stdout}`);
  if (stderr !== '') parts.push(`stderr:\n${stderr}`);
  return parts.length === 0 ? undefined : parts.join('\n');
}

/** A text or pattern as it would be written in a scenario. */
export function looked(look: TextPattern): string {
  return 'text' in look
    ? JSON.stringify(look.text)
    : `/${look.pattern.source}/${look.pattern.flags}`;
}

/** `exit status 0`, `exit status 0 or 3`, `an exit status other than 0`. */
export function exitWords(exit: ExitExpectation): string {
  if (exit === 'nonzero') return 'an exit status other than 0';
  if (exit === 'any') return 'any exit status';
  return `exit status ${exit.oneOf.join(' or ')}`;
}
