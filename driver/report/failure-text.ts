import { basename, dirname } from 'node:path';
import type { Artifact, CommandRecord, Failure } from '../events/events.js';
import { capsuleCommand } from './capsule-command.js';
import type { Paint } from './paint.js';
import { plainText, truncate, wrap } from './plain-text.js';
import { shellWords } from './shell-words.js';
import { shortPath } from './tap-diagnostics.js';

/** Lines of output shown of a failure; all of them are in the files named below it. */
const OUTPUT_LINES = 15;
const DIFF_LINES = 40;

/** How failures are laid out. */
export interface FailureLayout {
  paint: Paint;
  columns: number;
  workingDirectory: string;
}

/** What a failure is told with, beside itself. */
export interface FailureContext {
  /** The command that it came from. */
  command?: CommandRecord;
  /** Command line that runs just this again. */
  rerun?: readonly string[];
}

/** Control characters made visible: in a comparison they may be all the difference. */
function visible(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (character) =>
    character === '\r' ? '\\r' : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/** `label value`, the value's further lines aligned below its first, cut to the width. */
function labelled(label: string, value: string, columns: number): string[] {
  const head = label.padEnd(10);
  const lines = visible(value).replace(/\n$/, '').split('\n');
  const shown = lines.slice(0, OUTPUT_LINES);
  if (lines.length > shown.length)
    shown.push(`… ${String(lines.length - shown.length)} more lines`);
  return shown.flatMap((line, index) =>
    hardWrap(line, columns - head.length).map(
      (part, at) => `${index === 0 && at === 0 ? head : ' '.repeat(head.length)}${part}`,
    ),
  );
}

/** Breaks anywhere: a compared text keeps each of its blanks. */
function hardWrap(line: string, columns: number): string[] {
  const limit = Math.max(20, columns);
  const parts: string[] = [];
  for (let at = 0; at < line.length; at += limit) parts.push(line.slice(at, at + limit));
  return parts.length === 0 ? [''] : parts;
}

function diffLines(diff: string, paint: Paint, columns: number): string[] {
  const lines = visible(diff).replace(/\n$/, '').split('\n');
  const shown = lines.slice(0, DIFF_LINES).map((line) => {
    const cut = truncate(line, columns);
    return line.startsWith('+') ? paint.good(cut) : line.startsWith('-') ? paint.bad(cut) : cut;
  });
  const more = lines.length - shown.length;
  return more > 0 ? [...shown, paint.dim(`… ${String(more)} more lines`)] : shown;
}

function tail(title: string, text: string, paint: Paint, columns: number): string[] {
  const lines = plainText(text).replace(/\s+$/, '').split('\n');
  if (lines.length === 1 && lines[0] === '') return [];
  const shown = lines.slice(-OUTPUT_LINES);
  const which = shown.length < lines.length ? ` (last ${String(shown.length)} lines)` : '';
  return [
    paint.dim(`${title}${which}:`),
    ...shown.map((line) => `${paint.dim('|')} ${truncate(line, columns - 2)}`),
  ];
}

/** True when an excerpt says nothing that the command's own output, shown already, does not. */
function isOutputOf(command: CommandRecord | undefined, excerpt: string): boolean {
  if (command === undefined) return false;
  const shown = new Set(
    `${command.stdout}\n${command.stderr}\nstdout:\nstderr:\noutput:`.split('\n'),
  );
  return excerpt.split('\n').every((line) => shown.has(line) || /^… \d+ lines before$/.test(line));
}

/**
 * A failure for people: place, class, message, source excerpt, expectations, output,
 * files, next step. Lines without indentation, none wider than `columns` but paths, which
 * are never cut.
 */
export function failureLines(
  failure: Failure,
  { paint, columns, workingDirectory }: FailureLayout,
  { command, rerun }: FailureContext = {},
): string[] {
  const { at } = failure;
  const open = capsuleCommand(failure.artifacts, (path) => shortPath(path, workingDirectory));
  const place = at === undefined ? [] : [`${at.file}:${String(at.line)}:${String(at.column)}`];
  return [
    ...place,
    ...wrap(`${failure.class} failure, phase ${failure.phase}, ${failure.code}`, columns).map(
      paint.dim,
    ),
    ...wrap(visible(failure.message), columns).map((line) => paint.bad(line)),
    ...(failure.frame === undefined
      ? []
      : plainText(failure.frame)
          .split('\n')
          .map((line) => truncate(line, columns))),
    ...failure.mismatches.flatMap(({ what, expected, got, diff }) => [
      ...wrap(visible(what), columns),
      ...(diff === undefined
        ? [...labelled('expected:', expected, columns), ...labelled('got:', got, columns)]
        : diffLines(diff, paint, columns)),
    ]),
    ...(command === undefined ? [] : tail('stdout', command.stdout, paint, columns)),
    ...(command === undefined ? [] : tail('stderr', command.stderr, paint, columns)),
    ...(failure.output === undefined || isOutputOf(command, failure.output)
      ? []
      : tail('output', failure.output, paint, columns)),
    ...(failure.console === undefined ? [] : tail('console', failure.console, paint, columns)),
    ...evidenceLines(failure.artifacts, { paint, columns, workingDirectory }),
    ...(open === undefined ? [] : [`${paint.dim('open:')} ${open}`]),
    ...(rerun === undefined ? [] : [`${paint.dim('again:')} ${shellWords(rerun)}`]),
    ...(failure.hint === undefined ? [] : wrap(`next: ${visible(failure.hint)}`, columns)),
  ];
}

/** So many files of one directory are told one by one. */
const FEW = 3;

/** What the collector adds to each of its labels. */
const REASON = / \([^()]*\)$/;

/** How it is laid out. */
export interface EvidenceLayout {
  paint: Paint;
  columns: number;
  /** Paths are shown relative to it. */
  workingDirectory: string;
}

/**
 * Where the evidence lies. Many files of one directory (all that was asked of the guest) are
 * one path and a list of what they hold: sixteen paths would hide the rest of the failure.
 */
export function evidenceLines(
  artifacts: readonly Artifact[],
  { paint, columns, workingDirectory }: EvidenceLayout,
): string[] {
  const byDirectory = new Map<string, Artifact[]>();
  for (const artifact of artifacts) {
    const directory = dirname(artifact.path);
    byDirectory.set(directory, [...(byDirectory.get(directory) ?? []), artifact]);
  }
  return [...byDirectory].flatMap(([directory, files]) => {
    if (files.length <= FEW) {
      return files.map(
        ({ label, path }) => `${paint.dim(`${label}:`)} ${shortPath(path, workingDirectory)}`,
      );
    }
    const names = files.map(({ label, path }) => label.replace(REASON, '') || basename(path));
    return [
      `${paint.dim('evidence:')} ${shortPath(directory, workingDirectory)}/`,
      ...wrap(names.join(', '), columns - 2).map((line) => `  ${paint.dim(line)}`),
    ];
  });
}
