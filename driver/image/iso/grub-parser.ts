import { bareText, lexGrub, type Token, type Word } from './grub-lexer.js';

/** A command of GRUB's shell. */
export type GrubCommand =
  | {
      kind: 'simple';
      words: Word[];
      /** What stands between the braces of `menuentry` and `submenu`. */
      block?: GrubCommand[];
    }
  | { kind: 'if'; clauses: { condition: GrubCommand[]; body: GrubCommand[] }[] }
  | { kind: 'for'; name: string; items: Word[]; body: GrubCommand[] }
  | { kind: 'loop'; body: GrubCommand[] }
  | { kind: 'function'; name: string; body: GrubCommand[] };

/**
 * Parses GRUB's shell language (GRUB manual, “Shell-like scripting”). Damaged text yields the
 * commands that could be made out: the reader looks for a menu, it does not judge the script.
 */
export function parseGrub(text: string): GrubCommand[] {
  return new Parser(lexGrub(text)).parseUntil([]);
}

class Parser {
  readonly #tokens: Token[];
  #position = 0;

  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  /** Commands up to one of the closing words, which stays unread. */
  parseUntil(closing: string[]): GrubCommand[] {
    const commands: GrubCommand[] = [];
    for (;;) {
      this.#skipEnds();
      const token = this.#tokens[this.#position];
      const word = this.#bare();
      if (token === undefined || (word !== undefined && closing.includes(word))) return commands;
      // A closing word with nothing open is passed over, so that parsing always advances.
      if (word === '}' || word === 'fi' || word === 'done') this.#position++;
      else commands.push(this.#command(word));
    }
  }

  #command(word: string | undefined): GrubCommand {
    switch (word) {
      case 'if':
        return this.#if();
      case 'for':
        return this.#for();
      case 'while':
      case 'until':
        this.#position++;
        this.parseUntil(['do']);
        return { kind: 'loop', body: this.#body('do', 'done') };
      case 'function': {
        this.#position++;
        const name = bareText(this.#word()) ?? '';
        this.#skipEnds();
        return { kind: 'function', name, body: this.#body('{', '}') };
      }
      default:
        return this.#simple();
    }
  }

  #if(): GrubCommand {
    const clauses: { condition: GrubCommand[]; body: GrubCommand[] }[] = [];
    for (;;) {
      const isElse = this.#bare() === 'else';
      this.#position++;
      const condition = isElse ? [] : this.parseUntil(['then', 'fi']);
      this.#accept('then');
      clauses.push({ condition, body: this.parseUntil(['elif', 'else', 'fi']) });
      const next = this.#bare();
      if (next === 'elif' || (next === 'else' && !isElse)) continue;
      this.#accept('fi');
      return { kind: 'if', clauses };
    }
  }

  #for(): GrubCommand {
    this.#position++;
    const name = bareText(this.#word()) ?? '';
    this.#accept('in');
    const items: Word[] = [];
    for (let word = this.#word(); word !== undefined; word = this.#word()) items.push(word);
    this.#skipEnds();
    return { kind: 'for', name, items, body: this.#body('do', 'done') };
  }

  #simple(): GrubCommand {
    const words: Word[] = [];
    for (;;) {
      const bare = this.#bare();
      if (bare === '{') return { kind: 'simple', words, block: this.#body('{', '}') };
      if (bare === '}') return { kind: 'simple', words };
      const word = this.#word();
      if (word === undefined) return { kind: 'simple', words };
      words.push(word);
    }
  }

  #body(open: string, close: string): GrubCommand[] {
    this.#accept(open);
    const body = this.parseUntil([close]);
    this.#accept(close);
    return body;
  }

  #word(): Word | undefined {
    const token = this.#tokens[this.#position];
    if (token?.kind !== 'word') return undefined;
    this.#position++;
    return token.word;
  }

  #bare(): string | undefined {
    const token = this.#tokens[this.#position];
    return token?.kind === 'word' ? bareText(token.word) : undefined;
  }

  #accept(word: string): void {
    if (this.#bare() === word) this.#position++;
  }

  #skipEnds(): void {
    while (this.#tokens[this.#position]?.kind === 'end') this.#position++;
  }
}
