/** As many characters as tell most forms apart. */
const KEY = 3;

/** Finds what a text ends in the middle of. */
export class Prefixes {
  readonly #forms: readonly string[];
  readonly #byKey = new Map<string, string[]>();
  readonly #longest: number;

  constructor(forms: readonly string[]) {
    this.#forms = forms;
    this.#longest = Math.max(0, ...forms.map((form) => form.length));
    for (const form of forms) {
      const key = form.slice(0, KEY);
      const known = this.#byKey.get(key);
      if (known === undefined) this.#byKey.set(key, [form]);
      else known.push(form);
    }
  }

  /**
   * How many characters before `end` are the beginning of a form, and not all of it.
   * @param least fewer do not count
   * @returns the greatest number, 0 for none
   */
  before(text: string, end: number, least: number): number {
    for (let start = Math.max(0, end - this.#longest + 1); start <= end - least; start++) {
      const rest = text.slice(start, end);
      const forms = rest.length < KEY ? this.#forms : (this.#byKey.get(rest.slice(0, KEY)) ?? []);
      if (forms.some((form) => form.length > rest.length && form.startsWith(rest))) {
        return rest.length;
      }
    }
    return 0;
  }
}

const reversed = (text: string): string => text.split('').reverse().join('');

/** The same for texts that begin in the middle of a form. */
export class Suffixes {
  readonly #prefixes: Prefixes;
  readonly #longest: number;

  constructor(forms: readonly string[]) {
    this.#prefixes = new Prefixes(forms.map(reversed));
    this.#longest = Math.max(0, ...forms.map((form) => form.length));
  }

  /** How many characters from `start` on are the end of a form, and not all of it. */
  from(text: string, start: number, least: number): number {
    const ahead = reversed(text.slice(start, start + this.#longest));
    // The end of what lies ahead is where `start` was: any stretch of it up to there counts.
    return this.#prefixes.before(ahead, ahead.length, least);
  }
}
