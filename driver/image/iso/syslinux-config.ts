import type { BootEntry, BootMenu, ConfigFiles } from './boot-entry.js';
import { isoPath } from './iso-path.js';
import { splitCommandLine } from './serial-console.js';

/** Characters that a configuration may have, with its files and the titles of its menus. */
const TEXT_LIMIT = 4 * 1024 * 1024;

/** What a file counts at least, so that files which include each other come to an end. */
const FILE_CHARACTERS = 16 * 1024;

/** Longer lines are cut, as Syslinux does (MAX_LINE in com32/menu/readconfig.c). */
const LINE_LIMIT = 4096;

/** More labels than anybody could choose from; each repeats what all of them append. */
const MOST_LABELS = 1000;

interface Label {
  id: string;
  title?: string;
  kernel?: string | undefined;
  initrds: string[];
  append?: string;
  /** Titles of the submenus around it. */
  menus: string[];
  menuDefault: boolean;
}

interface State {
  labels: Label[];
  label: Label | undefined;
  menus: string[];
  globalAppend: string;
  defaultCommand: string | undefined;
  /** Files that are being read: one that leads back to itself adds nothing. */
  reading: Set<string>;
  charactersLeft: number;
}

/**
 * Reads an isolinux/syslinux configuration with its includes
 * (https://wiki.syslinux.org/wiki/index.php?title=Config and …title=Menu).
 * The default is the menu's own (`MENU DEFAULT`), else what `DEFAULT` names, else the first
 * entry. `ONTIMEOUT` does not count: installers let a speech-driven variant start by it.
 *
 * @param path absolute path of the main file; all relative paths count from its directory
 */
export function readSyslinuxConfig(path: string, files: ConfigFiles): BootMenu {
  const base = isoPath('..', path);
  const state: State = {
    labels: [],
    label: undefined,
    menus: [],
    globalAppend: '',
    defaultCommand: undefined,
    reading: new Set(),
    charactersLeft: TEXT_LIMIT,
  };
  readLines(path, { base, files, state });
  const entries = state.labels.map((label) => toEntry(label, state.globalAppend, base));
  const entryOf = (label: Label | undefined): BootEntry | undefined =>
    label === undefined ? undefined : entries[state.labels.indexOf(label)];
  const top = state.labels.filter((label) => label.menus.length === 0);
  const defaultEntry =
    entryOf(top.find((label) => label.menuDefault)) ??
    commandEntry(state, base, entryOf) ??
    entryOf(state.labels.find((label) => label.menuDefault)) ??
    entryOf(top[0] ?? state.labels[0]);
  return {
    entries:
      defaultEntry === undefined || entries.includes(defaultEntry)
        ? entries
        : [defaultEntry, ...entries],
    defaultEntry,
  };
}

interface Reader {
  base: string;
  files: ConfigFiles;
  state: State;
}

function readLines(path: string, reader: Reader): void {
  const { state } = reader;
  const text =
    state.reading.has(path) || state.charactersLeft < 0 ? undefined : reader.files.read(path);
  if (text === undefined) return;
  state.charactersLeft -= Math.max(text.length, FILE_CHARACTERS);
  state.reading.add(path);
  let inHelp = false;
  for (const raw of text.split(/\r?\n/)) {
    if (state.charactersLeft < 0) break;
    const line = raw.slice(0, LINE_LIMIT).trim();
    const [word, value] = cut(line);
    const keyword = word.toLowerCase();
    if (inHelp) inHelp = keyword !== 'endtext';
    else if (keyword === 'text') inHelp = /^help/i.test(value);
    else if (keyword === 'menu') readMenuLine(value, reader);
    else if (keyword === 'include') include(value, reader);
    else readKeyword(keyword, value, state);
  }
  state.reading.delete(path);
}

function include(value: string, reader: Reader): void {
  readLines(isoPath(value, reader.base), reader);
}

function readKeyword(keyword: string, value: string, state: State): void {
  const { label } = state;
  switch (keyword) {
    case 'label':
      state.label = { id: value, initrds: [], menus: [...state.menus], menuDefault: false };
      if (state.labels.length < MOST_LABELS) state.labels.push(state.label);
      // Each entry repeats the titles of its menus.
      state.charactersLeft -= state.menus.join().length;
      break;
    case 'default':
      state.defaultCommand = value;
      break;
    case 'linux':
      if (label !== undefined) label.kernel = value;
      break;
    case 'kernel':
      if (label !== undefined) label.kernel = isLinux(value) ? value : undefined;
      break;
    case 'initrd':
      if (label !== undefined) label.initrds = value.split(',');
      break;
    case 'append':
      if (label === undefined) state.globalAppend = value;
      else label.append = value;
  }
}

function readMenuLine(line: string, reader: Reader): void {
  const { state } = reader;
  const [word, value] = cut(line);
  switch (word.toLowerCase()) {
    case 'label':
      // A caret marks the key that selects the entry.
      if (state.label !== undefined) state.label.title = value.replace('^', '');
      break;
    case 'default':
      if (state.label !== undefined) state.label.menuDefault = true;
      break;
    case 'include':
      include(cut(value)[0], reader);
      break;
    case 'begin':
      state.menus.push(value);
      state.label = undefined;
      break;
    case 'title':
      if (state.menus.length > 0) state.menus[state.menus.length - 1] = value.replace('^', '');
      break;
    case 'end':
      state.menus.pop();
      state.label = undefined;
  }
}

function toEntry(label: Label, globalAppend: string, base: string): BootEntry {
  // `APPEND -` means: nothing, not even the global one.
  const append = label.append === '-' ? '' : (label.append ?? globalAppend);
  const entry: BootEntry = {
    title: [...label.menus, label.title ?? label.id].join(' > '),
    id: label.id,
    ...splitAppend(append, label.initrds, base),
  };
  if (label.kernel !== undefined) entry.kernel = isoPath(label.kernel, base);
  return entry;
}

/** `DEFAULT` holds a command line: a label, or a kernel, and arguments. */
function commandEntry(
  state: State,
  base: string,
  entryOf: (label: Label | undefined) => BootEntry | undefined,
): BootEntry | undefined {
  const [name, args] = cut(state.defaultCommand ?? '');
  if (name === '') return undefined;
  const labelled = entryOf(state.labels.find((label) => label.id === name));
  if (labelled !== undefined) {
    return args === '' ? labelled : { ...labelled, append: `${labelled.append} ${args}`.trim() };
  }
  if (!isLinux(name)) return undefined;
  const split = splitAppend(args === '' ? state.globalAppend : args, [], base);
  return { title: name, kernel: isoPath(name, base), ...split };
}

/**
 * What `KERNEL` and `DEFAULT` load is told by its name: modules of the loader itself (menus,
 * chain loaders), boot sectors, disk images and PXE programs are no Linux. `LINUX` always is.
 */
function isLinux(kernel: string): boolean {
  return !/\.(?:c32|cbt|com|bin|bs|bss|img|cfg)$|pxelinux\.0$/i.test(kernel);
}

function splitAppend(append: string, initrds: string[], base: string) {
  const words = splitCommandLine(append);
  const inline = words.filter((word) => word.startsWith('initrd='));
  const named = inline.flatMap((word) => word.slice('initrd='.length).split(','));
  return {
    initrds: (initrds.length > 0 ? initrds : named)
      .filter((initrd) => initrd !== '')
      .map((initrd) => isoPath(initrd, base)),
    append: words.filter((word) => !word.startsWith('initrd=')).join(' '),
  };
}

/** First word and the rest, both trimmed. */
function cut(line: string): [string, string] {
  const match = /^(\S*)\s*([^]*)$/.exec(line);
  return [match?.[1] ?? '', (match?.[2] ?? '').trim()];
}
