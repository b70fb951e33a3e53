import type { BootEntry, BootMenu, ConfigFiles } from './boot-entry.js';
import { parseGrub } from './grub-parser.js';
import { runGrub, type GrubItem, type GrubOutcome } from './grub-script.js';
import { isoPath } from './iso-path.js';

/** Menus within menus beyond this are a loop of `configfile`s. */
const MENU_LIMIT = 8;

/** Commands that a whole configuration may run; real ones need a few hundred. */
const COMMAND_LIMIT = 20_000;

/** An item of the menu with what is below it. */
interface MenuNode {
  /** Title and id as the script has them, without the submenus around. */
  title: string;
  id?: string;
  entry: BootEntry;
  children: MenuNode[];
  /** `default` as it stands in the item's own menu. */
  childDefault: string;
}

/**
 * Reads a GRUB configuration with the files it sources, as GRUB on a PC's BIOS would see it from
 * the CD. The default is what `default` says (number, title, id, `menu>entry`), else the first.
 *
 * @param path absolute path of the main file
 */
export function readGrubConfig(path: string, files: ConfigFiles): BootMenu {
  const before = {
    variables: new Map([
      ['root', 'cd0'],
      ['prefix', `(cd0)${isoPath('..', path)}`],
      ['config_directory', `(cd0)${isoPath('..', path)}`],
      ['config_file', `(cd0)${path}`],
      ['grub_platform', 'pc'],
      ['grub_cpu', 'i386'],
      ['menuentry_id_option', '--id'],
    ]),
    functions: new Map(),
    budget: { commands: COMMAND_LIMIT },
  };
  const outcome = runGrub(parseGrub(files.read(path) ?? ''), files, before);
  // A script may also boot without any menu.
  if (outcome.items.length === 0 && outcome.linux !== undefined) {
    const entry = toEntry(path, undefined, outcome);
    return { entries: [entry], defaultEntry: entry };
  }
  const nodes = outcome.items.map((item) => toNode(item, outcome, files, []));
  const defaultNode = choose(nodes, outcome.variables.get('default') ?? '');
  return { entries: nodes.flatMap(flatten), defaultEntry: defaultNode?.entry };
}

function toNode(
  item: GrubItem,
  before: GrubOutcome,
  files: ConfigFiles,
  menus: string[],
): MenuNode {
  const outcome = runGrub(item.body, files, before, item.args);
  const titles = [...menus, item.title];
  const children =
    outcome.linux === undefined && titles.length <= MENU_LIMIT
      ? outcome.items.map((child) => toNode(child, outcome, files, titles))
      : [];
  return {
    title: item.title,
    id: item.id,
    entry: toEntry(titles.join(' > '), item.id, outcome),
    children,
    childDefault: outcome.variables.get('default') ?? '',
  };
}

function toEntry(title: string, id: string | undefined, outcome: GrubOutcome): BootEntry {
  const [kernel, ...args] = outcome.linux ?? [];
  const entry: BootEntry = {
    title,
    initrds: kernel === undefined ? [] : outcome.initrds.map((initrd) => isoPath(initrd)),
    // GRUB puts quotes around an argument with a space, and so hands it on whole.
    append: args
      .filter((arg) => arg !== '')
      .map((arg) => (/\s/.test(arg) ? `"${arg}"` : arg))
      .join(' '),
  };
  if (id !== undefined) entry.id = id;
  if (kernel !== undefined) entry.kernel = isoPath(kernel);
  return entry;
}

/** A submenu is no entry of its own: only what is in it can be booted. */
function flatten(node: MenuNode): BootEntry[] {
  return node.children.length === 0 ? [node.entry] : node.children.flatMap(flatten);
}

/** GRUB manual, “default”: `menu>entry` goes down; what names nothing is the first entry. */
function choose(nodes: MenuNode[], wanted: string): MenuNode | undefined {
  const [first = '', ...below] = wanted.split('>').map((part) => part.trim());
  const byName = nodes.find((node) => node.id === first || node.title === first);
  const byNumber = /^\d+$/.test(first) ? nodes[Number(first)] : undefined;
  const node = byName ?? byNumber ?? nodes[0];
  if (node === undefined || node.children.length === 0) return node;
  // Within a submenu `default` still has the outer value unless the submenu set its own.
  const inner = below.length > 0 ? below.join('>') : node.childDefault;
  return choose(node.children, inner === wanted ? '' : inner);
}
