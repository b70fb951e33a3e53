import { StringDecoder } from 'node:string_decoder';

/**
 * Where the parser stands between two chunks. `string` is any of OSC, DCS, SOS, PM and APC:
 * all of them run to ST (ESC \) or, for OSC, to BEL (ECMA-48 §5.6, and xterm for BEL).
 */
type State = 'text' | 'escape' | 'csi' | 'charset' | 'string' | 'string-escape';

/** Characters of a sequence's parameters that are kept: a few numbers. */
const PARAMETERS_LIMIT = 64;

/** CSI final bytes that move the cursor to another place: what follows is not the same line. */
const MOVES = new Set(['H', 'f', 'J', 'E', 'F', 'd']);

/** Of these, the ones that name a row or a column. */
const PLACES = new Set(['H', 'f', 'd']);

/** Bracketed paste (xterm, ctlseqs): set by a line editor while it reads. */
const BRACKETED_PASTE = '?2004';

/**
 * Turns a terminal's byte stream into plain text, chunk by chunk: escape sequences (CSI with
 * colours and `?2004h`, OSC titles, charset switches) vanish, `\r\n` and a lone `\r` become
 * `\n`, backspaces, bells and NULs are dropped. A sequence, a character or a `\r\n` that is
 * cut by the end of a chunk is completed by the next one.
 *
 * The result only ever grows, so that an offset into it stays valid; that is why a backspace
 * is dropped instead of being carried out. What the sequences say of who writes is kept beside
 * it: `placed` and `lineEditor`.
 */
export class TerminalCleaner {
  readonly #decoder = new StringDecoder('utf8');
  #state: State = 'text';
  #pendingReturn = false;
  #parameters = '';
  #placed = false;
  #lineEditor = false;

  /**
   * The cursor was put somewhere on the screen (not merely home), and no line feed has come
   * since: somebody draws a screen, as boot menus do, and login and shells do not.
   */
  get placed(): boolean {
    return this.#placed;
  }

  /** Bracketed paste is on: a line editor (bash, zsh, fish) waits for a line. */
  get lineEditor(): boolean {
    return this.#lineEditor;
  }

  /** @returns the text that this chunk adds; may be empty */
  push(bytes: Uint8Array): string {
    const raw = this.#decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    let out = '';
    for (const char of raw) out += this.#step(char);
    return out;
  }

  #step(char: string): string {
    switch (this.#state) {
      case 'text':
        return this.#text(char);
      case 'escape':
        return this.#escape(char);
      case 'csi':
        // Parameters and intermediates are 0x20–0x3f; a final byte is 0x40–0x7e.
        if (char >= '@' && char <= '~') {
          this.#state = 'text';
          return this.#control(char);
        }
        // A control character inside a sequence is carried out as if it stood alone.
        if (char < ' ') {
          this.#state = 'text';
          return this.#text(char);
        }
        if (this.#parameters.length < PARAMETERS_LIMIT) this.#parameters += char;
        return '';
      case 'charset':
        this.#state = 'text';
        return '';
      case 'string':
        if (char === '\u0007') this.#state = 'text';
        else if (char === '\u001b') this.#state = 'string-escape';
        // No real title holds a line break: the sequence was cut (a crash, a reset), go on.
        else if (char === '\n') {
          this.#state = 'text';
          return '\n';
        }
        return '';
      case 'string-escape':
        this.#state = char === '\\' ? 'text' : 'string';
        return '';
    }
  }

  #control(final: string): string {
    if (this.#parameters === BRACKETED_PASTE) this.#lineEditor = final === 'h';
    if (PLACES.has(final))
      this.#placed = this.#parameters.split(';').some((number) => Number(number) > 1);
    else if (final === 'u') this.#placed = false;
    return MOVES.has(final) ? '\n' : '';
  }

  #escape(char: string): string {
    // Back where it was: systemd goes to the far corner and asks for the terminal's size.
    if (char === '8') this.#placed = false;
    this.#parameters = '';
    if (char === '[') this.#state = 'csi';
    else if (']PX^_'.includes(char)) this.#state = 'string';
    else if ('()*+-./#% '.includes(char)) this.#state = 'charset';
    else if (char === '\u001b') this.#state = 'escape';
    else this.#state = 'text';
    return '';
  }

  #text(char: string): string {
    if (char === '\u001b') {
      this.#state = 'escape';
      return '';
    }
    if (char === '\r') {
      this.#pendingReturn = true;
      return '';
    }
    if (char === '\n') {
      this.#pendingReturn = false;
      this.#placed = false;
      return '\n';
    }
    if (char !== '\t' && (char < ' ' || char === '\u007f')) return '';
    if (!this.#pendingReturn) return char;
    this.#pendingReturn = false;
    return `\n${char}`;
  }
}
