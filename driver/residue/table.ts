import type { Finding, Inspection } from './finding.js';

const hexWidth = 10;

/** An offset as people use it: decimal, and hexadecimal as wipefs and hexdump show it. */
export const offsetText = (offset: number): string =>
  `${String(offset)} (0x${offset.toString(16)})`;

/** One finding in a line: `4096 (0x1000) md-superblock: …`. */
export const findingLine = ({ offset, kind, what }: Finding): string =>
  `${offsetText(offset)} ${kind}: ${what}`;

/**
 * All that an inspection found as plain text: a head line, a table of offset (decimal and
 * hexadecimal), kind and what, then what was left out. No trailing newline.
 */
export function findingsTable(inspection: Inspection): string {
  const { path, sizeBytes, findings, dataBytes, nonZero, searched, counts } = inspection;
  const lines = [
    `${path}: ${String(sizeBytes)} bytes, ${String(dataBytes)} of them data, ${String(nonZero.bytes)} not zero; ${String(findings.length)} finding(s)`,
  ];
  const decimals = Math.max(6, ...findings.map(({ offset }) => String(offset).length));
  const kinds = Math.max(4, ...findings.map(({ kind }) => kind.length));
  if (findings.length > 0) {
    lines.push(
      `${'offset'.padStart(decimals)}  ${'hex'.padStart(hexWidth)}  ${'kind'.padEnd(kinds)}  what`,
    );
  }
  for (const { offset, kind, what } of findings) {
    const hex = `0x${offset.toString(16)}`.padStart(hexWidth);
    lines.push(`${String(offset).padStart(decimals)}  ${hex}  ${kind.padEnd(kinds)}  ${what}`);
  }
  for (const { subject, count, listed } of counts) {
    if (listed < count) lines.push(`${subject}: ${String(count)} found, ${String(listed)} listed`);
  }
  for (const name of searched) {
    if (counts.some(({ subject, count }) => subject === name && count > 0)) continue;
    lines.push(`searched and not found: ${JSON.stringify(name)}`);
  }
  if (findings.length === 0 && nonZero.stretches > 0) {
    const first = nonZero.first.map(
      ({ offset, length }) => `${offsetText(offset)}+${String(length)}`,
    );
    const more = nonZero.stretches > first.length ? ', …' : '';
    lines.push(`content without a known signature at ${first.join(', ')}${more}`);
  }
  return lines.join('\n');
}
