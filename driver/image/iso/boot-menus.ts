import { mkdir, readFile, rm } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { makeTemporaryDirectory } from '../../host/atomic-file.js';
import type { BootMenu, ConfigFiles } from './boot-entry.js';
import { readGrubConfig } from './grub-config.js';
import { readSyslinuxConfig } from './syslinux-config.js';
import { type IsoNode, extractFromIso, listIso } from './xorriso.js';

/** A menu and where it was read. */
export interface FoundMenu {
  /** Path of the main configuration file within the ISO. */
  config: string;
  loader: 'isolinux' | 'grub';
  menu: BootMenu;
}

/** All that an ISO's boot loaders offer. */
export interface IsoMenus {
  tree: IsoTree;
  menus: FoundMenu[];
  /** Every place that was looked at, for the message when there is nothing. */
  lookedFor: string[];
}

/**
 * Where the loaders look, in their own order (isolinux: Syslinux wiki, “ISOLINUX”; the GRUB
 * places are those of grub-mkrescue, live-build, casper and NixOS). isolinux goes first: its
 * entries are plain.
 */
const SYSLINUX_PLACES = ['/boot/isolinux', '/isolinux', '/boot/syslinux', '/syslinux', ''].flatMap(
  (directory) => [`${directory}/isolinux.cfg`, `${directory}/syslinux.cfg`],
);
const GRUB_PLACES = [
  '/boot/grub',
  '/boot/grub2',
  '/grub',
  '/grub2',
  '/EFI/BOOT',
  '/EFI/debian',
].map((directory) => `${directory}/grub.cfg`);

/** Files that may be read as configuration; larger ones are something else. */
const CONFIG_LIMIT = 1024 * 1024;
/** Bytes of all of them together; each counts as a few sectors at least. */
const ALL_CONFIGS_LIMIT = 32 * 1024 * 1024;
const LEAST_SIZE = 8192;
/** Includes of unusual names are fetched as they turn up; each round costs one xorriso run. */
const ROUND_LIMIT = 8;

/**
 * Reads the boot loader configurations of an ISO.
 * @param temporary directory for short-lived files
 * @throws TapbootError `infra` when the ISO cannot be read
 */
export async function readIsoMenus(
  iso: string,
  temporary: string,
  signal?: AbortSignal,
): Promise<IsoMenus> {
  const tree = new IsoTree(await listIso(iso, signal));
  const texts = new Map<string, string>();
  let left = ALL_CONFIGS_LIMIT;
  let wanted = tree.files
    .filter((node) => /\.(?:cfg|conf)$/i.test(node.path) && node.size <= CONFIG_LIMIT)
    .filter(({ size }) => (left -= Math.max(size, LEAST_SIZE)) >= 0)
    .map((node) => node.path);
  for (let round = 0; round < ROUND_LIMIT; round++) {
    for (const [path, text] of await readTexts(iso, wanted, temporary, signal)) {
      texts.set(path, text);
    }
    const missed = new Set<string>();
    const menus = readAll(tree, filesOf(tree, texts, missed));
    wanted = [...missed];
    if (wanted.length === 0 || round === ROUND_LIMIT - 1) {
      return { tree, menus, lookedFor: [...SYSLINUX_PLACES, ...GRUB_PLACES] };
    }
  }
  return { tree, menus: [], lookedFor: [] };
}

function readAll(tree: IsoTree, files: ConfigFiles): FoundMenu[] {
  const seen = new Set<string>();
  const found = (places: string[]): string[] =>
    places.flatMap((place) => {
      const path = tree.findFile(place)?.path;
      if (path === undefined || seen.has(path)) return [];
      seen.add(path);
      return [path];
    });
  return [
    ...found(SYSLINUX_PLACES).map((config): FoundMenu => ({
      config,
      loader: 'isolinux',
      menu: readSyslinuxConfig(config, files),
    })),
    ...found(GRUB_PLACES).map((config): FoundMenu => ({
      config,
      loader: 'grub',
      menu: readGrubConfig(config, files),
    })),
  ];
}

/** What has been fetched; what has not, but is there, is noted in `missed`. */
function filesOf(tree: IsoTree, texts: Map<string, string>, missed: Set<string>): ConfigFiles {
  return {
    exists: (path) => tree.find(path) !== undefined,
    read: (path) => {
      const node = tree.findFile(path);
      if (node === undefined || node.size > CONFIG_LIMIT) return undefined;
      const text = texts.get(node.path);
      if (text === undefined) missed.add(node.path);
      return text;
    },
  };
}

async function readTexts(
  iso: string,
  paths: string[],
  temporary: string,
  signal?: AbortSignal,
): Promise<Map<string, string>> {
  await mkdir(temporary, { recursive: true });
  const directory = await makeTemporaryDirectory(temporary, 'iso-config');
  try {
    const copies = new Map(paths.map((path, index) => [path, join(directory, String(index))]));
    await extractFromIso(iso, copies, signal);
    const texts = [...copies].map(
      async ([path, copy]) => [path, await readFile(copy, 'utf8')] as const,
    );
    return new Map(await Promise.all(texts));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** More links than any real path has: a loop. */
const LINK_LIMIT = 16;

/** The file tree of an ISO; names are matched as stored first, then without regard to case. */
export class IsoTree {
  readonly #exact = new Map<string, IsoNode>();
  readonly #folded = new Map<string, IsoNode>();

  constructor(nodes: readonly IsoNode[]) {
    for (const node of nodes) {
      this.#exact.set(node.path, node);
      const folded = node.path.toLowerCase();
      if (!this.#folded.has(folded)) this.#folded.set(folded, node);
    }
  }

  /** All plain files. */
  get files(): IsoNode[] {
    return [...this.#exact.values()].filter((node) => node.kind === 'file');
  }

  /**
   * The node that an absolute path leads to, links followed in every part of it (Debian's and
   * Ubuntu's ISOs have `/debian -> .`); undefined where there is none.
   */
  find(path: string): IsoNode | undefined {
    let links = 0;
    let current = '/';
    let rest = path.split('/').filter((part) => part !== '');
    for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
      const next = posix.join(current, part);
      const node = this.#exact.get(next) ?? this.#folded.get(next.toLowerCase());
      if (node === undefined) return undefined;
      if (node.kind !== 'link') {
        current = node.path;
        continue;
      }
      if (++links > LINK_LIMIT) return undefined;
      const target = posix.resolve(current, node.target ?? '');
      rest = [...target.split('/').filter((piece) => piece !== ''), ...rest];
      current = '/';
    }
    return this.#exact.get(current) ?? { path: current, kind: 'directory', size: 0 };
  }

  /** The plain file that a path leads to. */
  findFile(path: string): IsoNode | undefined {
    const node = this.find(path);
    return node?.kind === 'file' ? node : undefined;
  }
}
