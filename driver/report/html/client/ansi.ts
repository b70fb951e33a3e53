import { h } from './dom.js';
import {
  MARKS,
  PLAIN,
  RGB,
  Terminal,
  type Run,
  type Style,
  type TerminalLine,
} from './terminal.js';

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

const NAMES = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];

/** The classes that evidence.css has for a style. */
function classesOf({ fg, bg, marks }: Style): string {
  const named = (colour: number): string[] =>
    colour >= 0 && colour < 16 ? [`${colour < 8 ? '' : 'bright-'}${NAMES[colour % 8]}`] : [];
  return [
    ...named(fg),
    ...named(bg).map((name) => `${name}-bg`),
    ...MARKS.filter((_, bit) => (marks & (1 << bit)) !== 0),
  ]
    .map((name) => `ansi-${name}`)
    .join(' ');
}

/** Colours without a class. */
function rgbOf(colour: number): number[] | undefined {
  if (colour < 16) return undefined;
  if (colour >= RGB) return [16, 8, 0].map((shift) => (colour >> shift) & 0xff);
  if (colour >= 232) return [0, 0, 0].map(() => 8 + (colour - 232) * 10);
  const cube = colour - 16;
  return [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((step) =>
    step === 0 ? 0 : 55 + step * 40,
  );
}

function painted({ text, style }: Run): Node {
  if (style === PLAIN) return document.createTextNode(text);
  const span = h('span', { class: classesOf(style) || undefined }, text);
  const [fg, bg] = [rgbOf(style.fg), rgbOf(style.bg)];
  // Through the object model: style attributes are refused by the page's policy.
  if (bg !== undefined) {
    span.style.backgroundColor = `rgb(${bg.join(' ')})`;
    span.style.color = luminance(bg) > 0.18 ? '#000' : '#fff';
  } else if (fg !== undefined) span.style.color = readable(fg);
  return span;
}

export const lineNodes = (line: TerminalLine): Node[] => line.runs.map(painted);

/**
 * A block of terminal text.
 * @param label what it is, for who cannot see
 */
export function terminalBlock(text: string, label: string): HTMLElement {
  const plain = text.replace(/\n$/, '');
  const attributes = { class: 'terminal', tabindex: 0, role: 'group', 'aria-label': label };
  const block = h('pre', attributes, plain);
  if (/[\x00-\x08\x0b-\x1f\x7f]/.test(plain)) void paint(block, plain);
  return block;
}

/** Puts a text into an element as a terminal would show it, in colour. */
async function paint(block: HTMLElement, text: string): Promise<void> {
  const terminal = new Terminal(200, 50);
  terminal.write(text.replace(/\r?\n/g, '\r\n'));
  const lines = await terminal.end();
  block.replaceChildren();
  for (const line of lines) block.append(...lineNodes(line), '\n');
}
