/** A piece of a word: text as it stands, or a variable's name. */
export type WordPart =
  | { kind: 'text'; text: string; quoted: boolean }
  | { kind: 'variable'; name: string; quoted: boolean };

/** One word of GRUB's shell; it may expand to none or several. */
export type Word = WordPart[];

export type Token = { kind: 'word'; word: Word } | { kind: 'end' };

const VARIABLE = /^\$(?:\{([^}]*)\}|([A-Za-z_]\w*|[0-9@*#?]))/;

/**
 * Cuts GRUB's shell language into words and ends of commands (newline, `;`), as the GRUB manual
 * (“Writing full configuration files directly”, “Quoting”) describes them. Never fails: an
 * unclosed quote runs to the end of the text.
 */
export function lexGrub(text: string): Token[] {
  const tokens: Token[] = [];
  let word: Word | undefined;
  let rest = text;
  const take = (length: number): string => {
    const taken = rest.slice(0, length);
    rest = rest.slice(length);
    return taken;
  };
  const add = (...parts: WordPart[]): void => {
    word = [...(word ?? []), ...parts];
  };
  const endWord = (): void => {
    if (word !== undefined) tokens.push({ kind: 'word', word });
    word = undefined;
  };
  while (rest !== '') {
    const char = rest.charAt(0);
    const variable = VARIABLE.exec(rest);
    if (/^\\\r?\n/.test(rest)) take(rest.indexOf('\n') + 1);
    else if (char === '\\') add({ kind: 'text', text: take(2).slice(1), quoted: true });
    else if (char === "'") add({ kind: 'text', text: takeSingle(), quoted: true });
    else if (char === '"') add(...takeDouble());
    else if (rest.startsWith('$"')) take(1);
    else if (variable !== null) {
      take(variable[0].length);
      add({ kind: 'variable', name: variable[1] ?? variable[2] ?? '', quoted: false });
    } else if (char === '#' && word === undefined) take(/^[^\n]*/.exec(rest)?.[0].length ?? 1);
    else if (char === '\n' || char === ';') {
      endWord();
      take(1);
      tokens.push({ kind: 'end' });
    } else if (/\s/.test(char)) {
      endWord();
      take(1);
    } else {
      const plain = /^[^\s\\'"$;]+/.exec(rest)?.[0] ?? char;
      add({ kind: 'text', text: take(plain.length), quoted: false });
    }
  }
  endWord();
  return tokens;

  function takeSingle(): string {
    const body = /^'([^']*)'?/.exec(rest);
    take(body?.[0].length ?? 1);
    return body?.[1] ?? '';
  }

  /** Within double quotes a backslash protects only `$`, `"`, `\` and the newline. */
  function takeDouble(): WordPart[] {
    const body = /^"((?:[^"\\]|\\[^])*)"?/.exec(rest);
    take(body?.[0].length ?? 1);
    const parts: WordPart[] = [{ kind: 'text', text: '', quoted: true }];
    let inner = body?.[1] ?? '';
    while (inner !== '') {
      const name = VARIABLE.exec(inner);
      const plain = /^(?:\\[^]|\$|[^$\\]+|\\)/.exec(inner)?.[0] ?? inner;
      if (name !== null) {
        parts.push({ kind: 'variable', name: name[1] ?? name[2] ?? '', quoted: true });
      } else {
        const unescaped = plain === '\\\n' ? '' : plain.replace(/^\\([$"\\])$/, '$1');
        parts.push({ kind: 'text', text: unescaped, quoted: true });
      }
      inner = inner.slice(name?.[0].length ?? plain.length);
    }
    return parts;
  }
}

/** The word when it is plain unquoted text: only such a word can be `if`, `{` or `}`. */
export function bareText(word: Word | undefined): string | undefined {
  if (word?.every((part) => part.kind === 'text' && !part.quoted) !== true) return undefined;
  return word.map((part) => (part.kind === 'text' ? part.text : '')).join('');
}
