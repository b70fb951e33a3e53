import type { Failure } from '../events/events.js';
import { plainText } from './plain-text.js';

/** Where a failure is, as `FILE:LINE:COLUMN`; empty without a place. */
export const placeOf = ({ at }: Failure): string =>
  at === undefined ? '' : `${at.file}:${String(at.line)}:${String(at.column)}`;

/** A failure in full, as plain text of several lines. */
export function failureText(failure: Failure): string {
  const place = placeOf(failure);
  const lines = [
    `${failure.class} failure in phase ${failure.phase}, ${failure.code}`,
    ...(place === '' ? [] : [`at ${place}`]),
    failure.message,
    ...(failure.frame === undefined ? [] : [failure.frame]),
    ...failure.mismatches.flatMap(({ what, expected, got, diff }) => [
      what,
      ...(diff === undefined ? [`expected: ${expected}`, `got:      ${got}`] : [diff]),
    ]),
    ...(failure.output === undefined ? [] : [failure.output]),
    ...(failure.hint === undefined ? [] : [`next: ${failure.hint}`]),
  ];
  return lines.map((line) => plainText(line).replace(/\n+$/, '')).join('\n');
}
