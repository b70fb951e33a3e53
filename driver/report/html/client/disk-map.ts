import type { ReportDisk } from '../report-data.js';
import { h, svg } from './dom.js';
import { counted, sizeText } from './words.js';

interface Lens {
  from: number;
  to: number;
  title: string;
}

const KIB = 1024;
const WIDTH = 1000;
const BAR = 26;
/** Findings closer together than this are looked at through one lens. */
const NEAR = 256 * KIB;
const MOST_LENSES = 4;

type Family = 'raid' | 'lvm' | 'table' | 'bytes' | 'other';

/** @param kind of a finding */
function familyOf(kind: string): Family {
  if (kind.startsWith('md-') || kind === 'raid-other') return 'raid';
  if (kind.startsWith('lvm-')) return 'lvm';
  if (kind === 'partition-table' || kind === 'boot-code') return 'table';
  if (kind === 'bytes' || kind === 'data') return 'bytes';
  return 'other';
}

/** Whole disk, both ends where superblocks live, and wherever else something was found. */
function lensesOf({ sizeBytes, findings }: ReportDisk): Lens[] {
  const whole = { from: 0, to: sizeBytes, title: `whole disk, ${sizeText(sizeBytes)}` };
  if (sizeBytes <= 512 * KIB) return [whole];
  const start = { from: 0, to: 64 * KIB, title: 'first 64 KiB' };
  const end = { from: sizeBytes - 192 * KIB, to: sizeBytes, title: 'last 192 KiB' };
  const between: Lens[] = [];
  for (const { offset, length = 512 } of findings) {
    if (offset < start.to || offset >= end.from) continue;
    const last = between.at(-1);
    if (last !== undefined && offset - last.to < NEAR) {
      last.to = Math.max(last.to, offset + length);
      continue;
    }
    if (between.length === MOST_LENSES) break;
    between.push({ from: offset, to: offset + length, title: '' });
  }
  for (const lens of between) {
    const margin = Math.max(4 * KIB, (lens.to - lens.from) / 8);
    lens.from = Math.max(0, Math.floor((lens.from - margin) / KIB) * KIB);
    lens.to = Math.min(sizeBytes, Math.ceil((lens.to + margin) / KIB) * KIB);
    lens.title = `${sizeText(lens.to - lens.from)} from ${sizeText(lens.from)}`;
  }
  return [whole, start, ...between, end];
}

function barOf(disk: ReportDisk, { from, to, title }: Lens, top: number): Element[] {
  const scale = WIDTH / (to - from);
  const y = top + 16;
  const rect = (
    offset: number,
    length: number,
    kind: string,
    least: number,
    tip: string,
  ): Element | undefined => {
    if (offset + length <= from || offset >= to) return undefined;
    const x = Math.max(0, (offset - from) * scale);
    const width = Math.max(least, Math.min(WIDTH, (offset + length - from) * scale) - x);
    return svg(
      'rect',
      {
        class: kind,
        x: Math.min(x, WIDTH - width).toFixed(2),
        y,
        width: width.toFixed(2),
        height: BAR,
      },
      svg('title', {}, tip),
    );
  };
  const whole = to - from === disk.sizeBytes;
  const marks = [
    ...disk.nonZero.map(({ offset, length }) =>
      rect(offset, length, 'not-zero', 1, `not zero: ${sizeText(length)} at ${offset}`),
    ),
    // On the whole disk, the places are all at its two ends, and too small to be seen.
    ...(whole ? [] : disk.places).map(({ offset, length, name }) =>
      rect(offset, length, 'place', 2, `place of ${name}: ${offset}`),
    ),
    ...disk.findings.map(({ offset, length = 512, kind, what }) =>
      rect(offset, length, `finding ${familyOf(kind)}`, 5, `${offset}: ${what}`),
    ),
  ];
  // Names of places too close to each other share a label.
  const labelled: { x: number; end: number; names: string[] }[] = [];
  for (const { offset, name } of whole ? [] : disk.places) {
    const x = (offset - from) * scale;
    if (x < 0 || x > WIDTH) continue;
    const last = labelled.at(-1);
    const near = last !== undefined && x - last.end < 8;
    const label = near ? last : { x, end: x, names: [] };
    if (!near) labelled.push(label);
    label.names.push(name);
    label.end = label.x + label.names.join(', ').length * 6.2;
  }
  const labels = labelled.map(({ x, end, names }) => {
    const late = end > WIDTH;
    const anchor = late ? 'end' : 'start';
    const at = { x: late ? WIDTH : x, y: y + BAR + 12, 'text-anchor': anchor };
    return svg('text', at, names.join(', '));
  });
  return [
    svg('text', { class: 'lens', x: 0, y: top + 10 }, title),
    svg('rect', { class: 'ground', x: 0, y, width: WIDTH, height: BAR, rx: 3 }),
    ...marks.filter((mark) => mark !== undefined),
    ...labels,
  ];
}

/** A disk to scale, with what was found on it and the places where it could have been. */
export function diskMap(disk: ReportDisk): HTMLElement {
  const lenses = lensesOf(disk);
  const height = lenses.length * 66;
  const summary =
    disk.findings.length === 0
      ? 'nothing was found'
      : `${counted(disk.findings.length, 'finding')}, listed in the table below`;
  const picture = svg(
    'svg',
    {
      class: 'disk',
      viewBox: `0 0 ${WIDTH} ${height}`,
      role: 'img',
      'aria-label': `Map of disk ${disk.disk}: ${summary}`,
    },
    ...lenses.flatMap((lens, index) => barOf(disk, lens, index * 66)),
  );
  return h(
    'figure',
    { class: 'disk-figure' },
    h(
      'figcaption',
      {},
      h('b', {}, disk.disk),
      ` ${sizeText(disk.sizeBytes)}, ${disk.state}: ${summary.replace(', listed in the table below', '')}`,
    ),
    h(
      'div',
      { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': `Map of ${disk.disk}` },
      picture,
    ),
    legend(disk),
    disk.findings.length > 0 && findingsTable(disk),
  );
}

function legend(disk: ReportDisk): HTMLElement {
  const families = [...new Set(disk.findings.map(({ kind }) => familyOf(kind)))];
  const words: Record<Family, string> = {
    raid: 'RAID',
    lvm: 'LVM',
    table: 'partition table',
    bytes: 'bytes',
    other: 'other',
  };
  return h(
    'p',
    { class: 'legend' },
    ...families.map((family) => h('span', { class: `key ${family}` }, words[family])),
    h('span', { class: 'key not-zero' }, 'not zero'),
    h('span', { class: 'key place' }, 'known place'),
  );
}

function findingsTable({ disk, findings }: ReportDisk): HTMLElement {
  return h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': `Findings on ${disk}` },
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          ...['Offset', 'Length', 'Kind', 'What'].map((name) => h('th', { scope: 'col' }, name)),
        ),
      ),
      h(
        'tbody',
        {},
        ...findings.map(({ offset, length, kind, what }) =>
          h(
            'tr',
            {},
            h('td', { class: 'number' }, `${offset}`, h('small', {}, ` 0x${offset.toString(16)}`)),
            h('td', { class: 'number' }, length === undefined ? '' : sizeText(length)),
            h('td', {}, kind),
            h('td', {}, what),
          ),
        ),
      ),
    ),
  );
}
