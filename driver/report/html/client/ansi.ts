import anser from 'anser';
import { h } from './dom.js';
import { Terminal, type TerminalLine } from './terminal.js';

/** Relative luminance as WCAG 2 defines it. */
function luminance(rgb: readonly number[]): number {
  const [r = 0, g = 0, b = 0] = rgb.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The lightest ground that terminal text stands on (`--terminal` of theme.css). */
const GROUND = luminance([0x12, 0x16, 0x1d]);

/** A colour that a guest chose, lightened until it can be read. */
function readable(rgb: readonly number[]): string {
  let colour = rgb;
  for (let tries = 0; tries < 12; tries++) {
    if ((luminance(colour) + 0.05) / (GROUND + 0.05) >= 4.5) break;
    colour = colour.map((value) => Math.round(value + (255 - value) * 0.2));
  }
  return `rgb(${colour.join(' ')})`;
}

/** Colours 16 to 255 of xterm. */
function paletteColour(index: number): number[] {
  if (index >= 232) return [0, 0, 0].map(() => 8 + (index - 232) * 10);
  const cube = index - 16;
  return [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((step) =>
    step === 0 ? 0 : 55 + step * 40,
  );
}

/**
 * @param name as Anser has it
 * @param truecolour `r, g, b`
 */
function rgbOf(name: string | null, truecolour: string | null): number[] | undefined {
  const palette = /^ansi-palette-(\d+)$/.exec(name ?? '');
  if (palette !== null) return paletteColour(Number(palette[1]));
  if (name !== 'ansi-truecolor' || truecolour === null) return undefined;
  return truecolour.split(',').map(Number);
}

/**
 * @param style parameters of SGR
 * @param text without control characters
 */
function painted(style: string, text: string): Node {
  if (style === '') return document.createTextNode(text);
  const options = { use_classes: true, remove_empty: true };
  const chunk = anser.ansiToJson(`\x1b[${style}m${text}`, options)[0];
  if (chunk === undefined) return document.createTextNode(text);
  const own = [
    chunk.fg,
    chunk.bg && `${chunk.bg}-bg`,
    ...chunk.decorations.map((name) => `ansi-${name}`),
  ];
  const classes = own.filter((name) => name && /^ansi-[a-z-]+$/.test(name)).join(' ');
  const span = h('span', { class: classes || undefined }, text);
  const fg = rgbOf(chunk.fg, chunk.fg_truecolor);
  const bg = rgbOf(chunk.bg, chunk.bg_truecolor);
  // Through the object model: style attributes are refused by the page's policy.
  if (bg !== undefined) {
    span.style.backgroundColor = `rgb(${bg.join(' ')})`;
    span.style.color = luminance(bg) > 0.18 ? '#000' : '#fff';
  } else if (fg !== undefined) span.style.color = readable(fg);
  return span;
}

export function lineNodes(line: TerminalLine): Node[] {
  const nodes: Node[] = [];
  let end = line.cells.length;
  while (end > 0 && line.cells[end - 1] === ' ' && line.styles[end - 1] === '') end -= 1;
  for (let from = 0; from < end;) {
    let to = from + 1;
    while (to < end && line.styles[to] === line.styles[from]) to += 1;
    nodes.push(painted(line.styles[from] ?? '', line.cells.slice(from, to).join('')));
    from = to;
  }
  return nodes;
}

/** Text as a terminal would show it, in colour. */
function ansiNodes(text: string): Node[] {
  if (!/[\x00-\x08\x0b-\x1f\x7f]/.test(text)) return [document.createTextNode(text)];
  // On a screen without end nothing scrolls away: a command's output has no screen.
  const terminal = new Terminal(Number.MAX_SAFE_INTEGER);
  terminal.write(text.replace(/\r?\n/g, '\r\n'));
  return terminal.lines.flatMap((line) => [...lineNodes(line), document.createTextNode('\n')]);
}

/**
 * A block of terminal text.
 * @param label what it is, for who cannot see
 */
export function terminalBlock(text: string, label: string): HTMLElement {
  return h(
    'pre',
    { class: 'terminal', tabindex: 0, role: 'group', 'aria-label': label },
    ...ansiNodes(text.replace(/\n$/, '')),
  );
}
