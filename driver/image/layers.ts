import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { scenarioError } from '../errors.js';
import { packCpio, type CpioEntry } from './content/cpio.js';

/** Time of every file in a layer, seconds since the epoch (bookworm's release). */
const LAYER_TIME = 1_686_355_200;

/**
 * Files laid over an image's root file system at boot: paths as in the guest, without a
 * leading slash. A file called `.wh.NAME` deletes NAME there.
 */
export interface Layer {
  /** Letters, digits, `-`, `_` and `.`; part of the path inside the initrd. */
  name: string;
  /** Parents before children, sorted by path. */
  entries: CpioEntry[];
}

/**
 * Reads a directory tree as a layer. Owners do not matter (root owns everything in the
 * guest) and write permission for group and others is dropped, so that the umask of a
 * checkout makes no difference.
 *
 * @throws TapbootError `TAPBOOT_E_LAYER_UNREADABLE` (scenario) for a path that is no
 *   directory or holds something else than files, directories and symlinks.
 */
export async function readLayer(directory: string, name = layerName(directory)): Promise<Layer> {
  const entries: CpioEntry[] = [];
  await collect(directory, '', entries);
  return { name, entries };
}

/** SHA-256 (hex) over name, paths, modes and contents of layers in their order. */
export function digestLayers(layers: readonly Layer[]): string {
  return createHash('sha256').update(packLayers(layers)).digest('hex');
}

/**
 * Packs layers into one initramfs archive, `layers/<NN>-<name>/…`, which the image's
 * first process copies over the root file system in the order given.
 */
export function packLayers(layers: readonly Layer[]): Buffer {
  const entries: CpioEntry[] = [{ kind: 'directory', path: 'layers', mode: 0o755 }];
  layers.forEach((layer, index) => {
    const top = `layers/${String(index).padStart(2, '0')}-${layer.name}`;
    entries.push({ kind: 'directory', path: top, mode: 0o755 });
    for (const entry of layer.entries) entries.push({ ...entry, path: `${top}/${entry.path}` });
  });
  return packCpio(entries, LAYER_TIME);
}

/**
 * Builds a layer from single files, adding the directories that lead to them.
 *
 * @param files path in the guest → content with mode, or the target of a symlink.
 */
export function layerOf(
  name: string,
  files: Record<string, { content: Uint8Array; mode: number } | { target: string }>,
): Layer {
  const entries = new Map<string, CpioEntry>();
  for (const [path, file] of Object.entries(files)) {
    const steps = path.split('/');
    for (let depth = 1; depth < steps.length; depth++) {
      const parent = steps.slice(0, depth).join('/');
      entries.set(parent, { kind: 'directory', path: parent, mode: 0o755 });
    }
    entries.set(
      path,
      'target' in file ? { kind: 'symlink', path, ...file } : { kind: 'file', path, ...file },
    );
  }
  const sorted = [...entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  return { name, entries: sorted };
}

const layerName = (directory: string): string =>
  basename(directory).replace(/[^\w.-]/g, '_') || 'layer';

async function collect(top: string, prefix: string, entries: CpioEntry[]): Promise<void> {
  const names = await list(join(top, prefix));
  for (const name of names.sort()) {
    const path = prefix === '' ? name : `${prefix}/${name}`;
    const source = join(top, path);
    const stat = await lstat(source);
    const mode = stat.mode & 0o7777 & ~0o022;
    if (stat.isDirectory()) {
      entries.push({ kind: 'directory', path, mode });
      await collect(top, path, entries);
    } else if (stat.isSymbolicLink()) {
      entries.push({ kind: 'symlink', path, target: await readlink(source) });
    } else if (stat.isFile()) {
      entries.push({ kind: 'file', path, mode, content: await readFile(source) });
    } else {
      throw unreadable(source, 'neither file, directory nor symlink');
    }
  }
}

async function list(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    throw unreadable(directory, error instanceof Error ? error.message : String(error));
  }
}

const unreadable = (path: string, got: string): Error =>
  scenarioError('TAPBOOT_E_LAYER_UNREADABLE', `cannot read the layer ${path}`, {
    expected: 'a directory tree of files, directories and symlinks',
    got,
  });
