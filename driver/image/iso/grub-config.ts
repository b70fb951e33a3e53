import type { BootEntry, BootMenu, ConfigFiles } from './boot-entry.js';
import { isoPath } from './iso-path.js';

/** Menus within menus; real ones have three levels. */
const MENU_LIMIT = 8;

/** Characters that a configuration may have, with its files, blocks and variables' values. */
const TEXT_LIMIT = 4 * 1024 * 1024;

/** What a file counts at least, so that files which include each other come to an end. */
const FILE_CHARACTERS = 16 * 1024;

/** What a block counts at least. */
const BLOCK_CHARACTERS = 64;

/** Words that may stand before a command. */
const BEFORE_COMMAND = new Set(['if', 'elif', 'while', 'until', 'then', 'else', 'do', '!']);

/** Options of `menuentry` that take a value: GRUB manual, “menuentry”. */
const VALUED = new Set(['--class', '--users', '--hotkey', '--source', '--id']);

/** GRUB manual, “Quoting”. Every character belongs to a token; an unclosed quote runs to the end. */
const TOKEN = new RegExp(
  [
    String.raw`\\\r?\n`,
    String.raw`(?<![^\s;])#[^\n]*`,
    String.raw`\\(?<escaped>[^])`,
    String.raw`'(?<single>[^']*)'?`,
    String.raw`\$?"(?<double>(?:[^"\\]|\\[^])*)"?`,
    String.raw`\$(?<variable>\{\w*\}|\w+)`,
    String.raw`(?<end>[\n;])`,
    String.raw`(?<space>\s)`,
    String.raw`(?<plain>[^\s\\'"$;]+|[^])`,
  ].join('|'),
  'g',
);

/** Within double quotes a backslash protects only `$`, `"`, `\` and the newline. */
const IN_DOUBLE = /\\(?:([$"\\])|\n)|\$(\{\w*\}|\w+)/g;

/** A menu, or an entry of one; what its block holds decides. */
class Item {
  /** Its own, and those of the menus around it. */
  readonly titles: readonly string[];
  readonly id: string | undefined;
  readonly items: Item[] = [];
  /** What is set within it holds there alone. */
  readonly variables: Map<string, string>;
  linux: readonly string[] = [];
  initrds: readonly string[] = [];

  constructor(titles: readonly string[], variables: Iterable<[string, string]>, id?: string) {
    this.titles = titles;
    this.id = id;
    this.variables = new Map(variables);
  }

  get opensMenu(): boolean {
    return this.items.length > 0 && this.linux.length === 0;
  }
}

/**
 * Reads the menu of a GRUB configuration and of the files it sources in one flat pass. Conditions
 * are not evaluated: the entries of all branches count, and the first of a name is chosen; a `set`
 * or `linux` replaces an earlier one, in whichever branch. Functions are not called. A `set` that
 * needs a variable which nobody has set is ignored: it is for another way to boot (`iso_path`).
 * The default is what `default` says (number, title, id, `menu>entry`), else the first entry.
 *
 * @param path absolute path of the main file
 */
export function readGrubConfig(path: string, files: ConfigFiles): BootMenu {
  const directory = `(cd0)${isoPath('..', path)}`;
  const menu = new Item(
    [],
    [
      ['root', 'cd0'],
      ['prefix', directory],
      ['config_directory', directory],
      ['grub_platform', 'pc'],
      ['grub_cpu', 'i386'],
      ['menuentry_id_option', '--id'],
    ],
  );
  new Scan(files).read(path, menu);
  // A script may also boot without any menu.
  const items = menu.items.length === 0 && menu.linux.length > 0 ? [menu] : menu.items;
  const entries = new Map(items.flatMap(leaves).map((item) => [item, toEntry(item, path)]));
  const chosen = choose(items, menu.variables.get('default') ?? '');
  return {
    entries: [...entries.values()],
    defaultEntry: chosen === undefined ? undefined : entries.get(chosen),
  };
}

class Scan {
  readonly #files: ConfigFiles;
  readonly #reading = new Set<string>();
  #charactersLeft = TEXT_LIMIT;

  constructor(files: ConfigFiles) {
    this.#files = files;
  }

  /** Adds what a file holds; nothing while it is being read: an entry may lead back to a menu. */
  read(path: string, into: Item): void {
    const text = this.#reading.has(path) ? undefined : this.#files.read(path);
    if (text === undefined) return;
    this.#charactersLeft -= Math.max(text.length, FILE_CHARACTERS);
    this.#reading.add(path);
    this.#scan(text, into);
    this.#reading.delete(path);
  }

  #scan(text: string, into: Item): void {
    const around: Item[] = [];
    let item = into;
    let words: string[] = [];
    let word: string | undefined;
    let bare = true;
    let unset = false;
    const valueOf = (name: string): string => {
      const value = item.variables.get(name.replace(/[{}]/g, ''));
      unset ||= value === undefined;
      this.#charactersLeft -= value?.length ?? 0;
      return value ?? '';
    };
    const endCommand = (): void => {
      this.#run(words, item, unset);
      words = [];
      unset = false;
    };
    const endWord = (): void => {
      if (bare && word === '{') {
        around.push(item);
        item = this.#opened(words, item);
        words = [];
        unset = false;
      } else if (bare && word === '}') {
        endCommand();
        item = around.pop() ?? into;
      } else if (word !== undefined) words.push(word);
      word = undefined;
      bare = true;
    };
    for (const { groups = {} } of text.matchAll(TOKEN)) {
      if (this.#charactersLeft < 0) return;
      const { escaped, single, double, variable, end, space, plain } = groups;
      if (space !== undefined || end !== undefined) {
        endWord();
        if (end !== undefined) endCommand();
      } else if (variable !== undefined) {
        // Unquoted, a value is split at spaces, and an empty one makes no word.
        for (const [index, piece] of valueOf(variable).split(/\s+/).entries()) {
          if (index > 0) endWord();
          if (piece !== '') word = (word ?? '') + piece;
          bare = false;
        }
      } else {
        const inDouble = double?.replace(IN_DOUBLE, (_all, char?: string, name?: string) =>
          name === undefined ? (char ?? '') : valueOf(name),
        );
        const piece = escaped ?? single ?? inDouble ?? plain;
        if (piece !== undefined) word = (word ?? '') + piece;
        bare &&= plain !== undefined;
      }
    }
    endWord();
    endCommand();
  }

  /** What a `{` opens; what is no shown entry (`function`, `hiddenentry`) is in no menu. */
  #opened(words: readonly string[], around: Item): Item {
    const [name, ...args] = commandOf(words);
    let title: string | undefined;
    let id: string | undefined;
    for (let arg = args.shift(); arg !== undefined; arg = args.shift()) {
      const [option = '', value] = arg.split(/=([^]*)/, 2);
      if (VALUED.has(option)) {
        const given = value ?? args.shift();
        if (option === '--id') id = given;
      } else if (!arg.startsWith('--')) title ??= arg;
    }
    const titles = [...around.titles.slice(0, MENU_LIMIT), title ?? ''];
    this.#charactersLeft -= BLOCK_CHARACTERS + around.variables.size + titles.join().length;
    const item = new Item(titles, around.variables, id);
    const shown = name === 'menuentry' || name === 'submenu';
    if (shown && around.titles.length < MENU_LIMIT) around.items.push(item);
    return item;
  }

  /** @param unset whether a word of it needs a variable that nobody has set */
  #run(words: readonly string[], item: Item, unset: boolean): void {
    const [name = '', ...args] = commandOf(words);
    const [first = ''] = args;
    if (/^(?:source|\.|configfile)$/.test(name)) this.read(isoPath(first), item);
    else if (/^linux(?:efi)?$/.test(name)) {
      item.linux = args;
      item.initrds = [];
    } else if (/^initrd(?:efi)?$/.test(name)) item.initrds = args;
    else if (name === 'search') {
      // There is one device, the ISO.
      item.variables.set(/--set[= ](\w+)/.exec(args.join(' '))?.[1] ?? 'root', 'cd0');
    } else if (!unset) {
      const assigned = /^(\w+)=([^]*)$/.exec(name === 'set' ? first : name);
      if (assigned !== null) item.variables.set(assigned[1] ?? '', assigned[2] ?? '');
    }
  }
}

/** A command's name and arguments, without `if`, `then` and their like before it. */
function commandOf(words: readonly string[]): readonly string[] {
  const at = words.findIndex((word) => !BEFORE_COMMAND.has(word));
  return at < 0 ? [] : words.slice(at);
}

/** A submenu is no entry of its own: only what is in it can be booted. */
const leaves = (item: Item): Item[] => (item.opensMenu ? item.items.flatMap(leaves) : [item]);

function toEntry({ titles, id, linux: [kernel, ...args], initrds }: Item, path: string): BootEntry {
  return {
    title: titles.length === 0 ? path : titles.join(' > '),
    id,
    kernel: kernel === undefined ? undefined : isoPath(kernel),
    initrds: kernel === undefined ? [] : initrds.map((initrd) => isoPath(initrd)),
    // GRUB puts quotes around an argument with a space, and so hands it on whole.
    append: args
      .filter((arg) => arg !== '')
      .map((arg) => (/\s/.test(arg) ? `"${arg}"` : arg))
      .join(' '),
  };
}

/** GRUB manual, “default”: `menu>entry` goes down; what names nothing is the first entry. */
function choose(items: readonly Item[], wanted: string): Item | undefined {
  const [first = '', ...below] = wanted.split('>').map((part) => part.trim());
  const named = items.find(({ id, titles }) => id === first || titles.at(-1) === first);
  const item = named ?? (/^\d+$/.test(first) ? items[Number(first)] : undefined) ?? items[0];
  if (item?.opensMenu !== true) return item;
  // Within a submenu `default` still has the outer value unless the submenu set its own.
  const inner = below.length > 0 ? below.join('>') : (item.variables.get('default') ?? '');
  return choose(item.items, inner === wanted ? '' : inner);
}
