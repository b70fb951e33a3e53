import type { ConfigFiles } from './boot-entry.js';
import { testGrub } from './grub-condition.js';
import type { Word } from './grub-lexer.js';
import { parseGrub, type GrubCommand } from './grub-parser.js';
import { isoPath } from './iso-path.js';

/** A menu item as met in the script; its body runs when it is chosen. */
export interface GrubItem {
  title: string;
  id?: string;
  body: GrubCommand[];
  /** Title and further arguments: `$1`, `$2` … in the body. */
  args: string[];
}

/** What running a script has left behind. */
export interface GrubOutcome {
  items: GrubItem[];
  variables: Map<string, string>;
  functions: Map<string, GrubCommand[]>;
  /** Commands that may still be run, over all items: ends scripts that would never end. */
  budget: { commands: number };
  /** Arguments of the last `linux` command. */
  linux?: string[];
  initrds: string[];
}

/** Deeper than any real nesting of files and functions: a loop. */
const DEPTH_LIMIT = 24;

/**
 * Runs a script of GRUB's shell as far as a menu and a kernel depend on it: variables,
 * conditions, functions, other files, menu items, `linux` and `initrd`. All other commands
 * (fonts, video, terminals, modules) count as done and successful.
 *
 * @param before variables and functions that are already there, which stay as they are; the budget
 * @param args positional parameters
 */
export function runGrub(
  commands: readonly GrubCommand[],
  files: ConfigFiles,
  before: Pick<GrubOutcome, 'variables' | 'functions' | 'budget'>,
  args: readonly string[] = [],
): GrubOutcome {
  const outcome: GrubOutcome = {
    items: [],
    variables: new Map(before.variables),
    functions: new Map(before.functions),
    budget: before.budget,
    initrds: [],
  };
  runAll(commands, { files, outcome, args, depth: 0 });
  return outcome;
}

interface Scope {
  files: ConfigFiles;
  outcome: GrubOutcome;
  args: readonly string[];
  depth: number;
}

/** Exit status of the last command, as success or not. */
function runAll(commands: readonly GrubCommand[], scope: Scope): boolean {
  if (scope.depth > DEPTH_LIMIT) return false;
  let status = true;
  for (const command of commands) {
    if (--scope.outcome.budget.commands < 0) return false;
    status = run(command, scope);
  }
  return status;
}

function run(command: GrubCommand, scope: Scope): boolean {
  switch (command.kind) {
    case 'if': {
      const chosen = command.clauses.find(({ condition }) => runAll(condition, scope));
      return chosen === undefined || runAll(chosen.body, scope);
    }
    case 'for':
      for (const item of command.items.flatMap((word) => expand(word, scope))) {
        scope.outcome.variables.set(command.name, item);
        runAll(command.body, scope);
      }
      return true;
    case 'loop':
      // A loop waits for a key or a device here; it never makes the menu.
      return true;
    case 'function':
      scope.outcome.functions.set(command.name, command.body);
      return true;
    case 'simple':
      return runSimple(command, scope);
  }
}

function runSimple(command: GrubCommand & { kind: 'simple' }, scope: Scope): boolean {
  const { outcome, files } = scope;
  const words = command.words.flatMap((word) => expand(word, scope));
  const name = words[0] ?? '';
  const args = words.slice(1);
  const inner = { ...scope, depth: scope.depth + 1 };
  const body = outcome.functions.get(name);
  if (body !== undefined) return runAll(body, { ...inner, args });
  const assignment = /^([A-Za-z_]\w*)=([^]*)$/.exec(name === 'set' ? (args[0] ?? '') : name);
  if (assignment !== null) {
    outcome.variables.set(assignment[1] ?? '', assignment[2] ?? '');
    return true;
  }
  switch (name) {
    case '!':
      return !runSimple({ ...command, words: command.words.slice(1) }, inner);
    case '[':
      return testGrub(args.at(-1) === ']' ? args.slice(0, -1) : args, files);
    case 'test':
      return testGrub(args, files);
    case 'false':
      return false;
    case 'unset':
      for (const variable of args) outcome.variables.delete(variable);
      return true;
    case 'menuentry':
    case 'hiddenentry':
    case 'submenu':
      outcome.items.push(toItem(args, command.block ?? []));
      return true;
    case 'source':
    case '.':
    case 'configfile':
    case 'normal': {
      const text = args[0] === undefined ? undefined : files.read(isoPath(args[0]));
      return text !== undefined && runAll(parseGrub(text), inner);
    }
    case 'search':
      return search(args, scope);
    case 'linux':
    case 'linuxefi':
      outcome.linux = args;
      outcome.initrds = [];
      return true;
    case 'initrd':
    case 'initrdefi':
      outcome.initrds = args;
      return true;
    default:
      return true;
  }
}

/** Options of `menuentry` that take a value: GRUB manual, “menuentry”. */
function toItem(args: string[], body: GrubCommand[]): GrubItem {
  const positional: string[] = [];
  let id: string | undefined;
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? '';
    const [name = '', value] = arg.split(/=([^]*)/, 2);
    if (['--class', '--users', '--hotkey', '--source'].includes(name)) {
      if (value === undefined) index++;
    } else if (name === '--id') id = value ?? args[++index];
    // Distributions write the id as `$menuentry_id_option 'id'`, a variable of GRUB's own.
    else if (arg !== '--unrestricted') positional.push(arg);
  }
  const item: GrubItem = { title: positional[0] ?? '', body, args: positional };
  return id === undefined ? item : { ...item, id };
}

/** There is one device, the ISO: a file that it has is found there, labels and UUIDs always. */
function search(args: string[], scope: Scope): boolean {
  const variable = args.find((arg) => arg.startsWith('--set='))?.slice('--set='.length);
  const wanted = args.filter((arg) => !arg.startsWith('-')).at(-1);
  const byFile = args.some((arg) => arg === '--file' || /^-[a-z]*f/.test(arg));
  if (byFile && wanted !== undefined && !scope.files.exists(isoPath(wanted))) return false;
  scope.outcome.variables.set(variable ?? 'root', 'cd0');
  return true;
}

/** Unquoted variables are split at spaces, as GRUB does; a word of nothing but those may vanish. */
function expand(word: Word, scope: Scope): string[] {
  const fields: string[] = [];
  let current: string | undefined;
  for (const part of word) {
    if (part.kind === 'text') current = (current ?? '') + part.text;
    else {
      const value = lookUp(part.name, scope);
      if (part.quoted) current = (current ?? '') + value;
      else {
        const pieces = value.split(/\s+/);
        for (const [index, piece] of pieces.entries()) {
          if (index > 0 && current !== undefined) {
            fields.push(current);
            current = undefined;
          }
          if (piece !== '') current = (current ?? '') + piece;
        }
      }
    }
  }
  if (current !== undefined) fields.push(current);
  return fields;
}

function lookUp(name: string, scope: Scope): string {
  if (/^[1-9]$/.test(name)) return scope.args[Number(name) - 1] ?? '';
  if (name === '@' || name === '*') return scope.args.join(' ');
  if (name === '#') return String(scope.args.length);
  return scope.outcome.variables.get(name) ?? '';
}
