import { h } from './dom.js';
import { Colours } from './libraries.js';
import { Terminal } from './terminal.js';

/** Relative luminance as WCAG 2 defines it. @param {number[]} rgb */
function luminance(rgb) {
  const [r = 0, g = 0, b = 0] = rgb.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The lightest ground that terminal text stands on (`--terminal` of theme.css). */
const GROUND = luminance([0x12, 0x16, 0x1d]);

/** A colour that a guest chose, lightened until it can be read. @param {number[]} rgb */
function readable(rgb) {
  let colour = rgb;
  for (let tries = 0; tries < 12; tries++) {
    if ((luminance(colour) + 0.05) / (GROUND + 0.05) >= 4.5) break;
    colour = colour.map((value) => Math.round(value + (255 - value) * 0.2));
  }
  return `rgb(${colour.join(' ')})`;
}

/** Colours 16 to 255 of xterm. @param {number} index */
function paletteColour(index) {
  if (index >= 232) return [0, 0, 0].map(() => 8 + (index - 232) * 10);
  const cube = index - 16;
  return [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((step) =>
    step === 0 ? 0 : 55 + step * 40,
  );
}

/**
 * @param {string | null} name as Anser has it
 * @param {string | null} truecolour `r, g, b`
 */
function rgbOf(name, truecolour) {
  const palette = /^ansi-palette-(\d+)$/.exec(name ?? '');
  if (palette !== null) return paletteColour(Number(palette[1]));
  if (name !== 'ansi-truecolor' || truecolour === null) return undefined;
  return truecolour.split(',').map(Number);
}

/**
 * @param {string} style parameters of SGR
 * @param {string} text without control characters
 */
function painted(style, text) {
  if (style === '') return document.createTextNode(text);
  const options = { use_classes: true, remove_empty: true };
  const chunk = Colours.ansiToJson(`\x1b[${style}m${text}`, options)[0];
  if (chunk === undefined) return document.createTextNode(text);
  const own = [
    chunk.fg,
    chunk.bg && `${chunk.bg}-bg`,
    ...chunk.decorations.map((/** @type {string} */ name) => `ansi-${name}`),
  ];
  const classes = own
    .filter((/** @type {string} */ name) => name && /^ansi-[a-z-]+$/.test(name))
    .join(' ');
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

/** @param {import('./terminal.js').TerminalLine} line @returns {Node[]} */
export function lineNodes(line) {
  const nodes = [];
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

/** Text as a terminal would show it, in colour. @param {string} text @returns {Node[]} */
export function ansiNodes(text) {
  if (!/[\x00-\x08\x0b-\x1f\x7f]/.test(text)) return [document.createTextNode(text)];
  // On a screen without end nothing scrolls away: a command's output has no screen.
  const terminal = new Terminal(Number.MAX_SAFE_INTEGER);
  terminal.write(text.replace(/\r?\n/g, '\r\n'));
  return terminal.lines.flatMap((line) => [...lineNodes(line), document.createTextNode('\n')]);
}

/**
 * A block of terminal text.
 * @param {string} text
 * @param {string} label what it is, for who cannot see
 */
export function terminalBlock(text, label) {
  return h(
    'pre',
    { class: 'terminal', tabindex: 0, role: 'group', 'aria-label': label },
    ...ansiNodes(text.replace(/\n$/, '')),
  );
}
