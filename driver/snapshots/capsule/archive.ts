import { lstat, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { infraError } from '../../errors.js';
import { isMissing } from '../../host/atomic-file.js';
import { hostCommand } from '../../host/command.js';
import { badCapsule, CAPSULE_FILE } from './format.js';

/**
 * zstd at its fastest, told to look 256 MiB back: the snapshots of one machine share most of
 * their pages, and so the second one costs little.
 */
const PACK_ZSTD = 'zstd -1 -q -T2 --long=28';
const UNPACK_ZSTD = 'zstd -d -q --long=28';

/** A capsule that was written. */
export interface Packed {
  path: string;
  bytes: number;
  /** zstd was not there. */
  fallback: boolean;
}

/**
 * Writes all files below `directory` into `NAME.tar.zst`, or `NAME.tar.gz` where there is no
 * zstd; mode 0600, whole or not at all.
 * @param base path without suffix
 * @throws TapbootError `infra` TAPBOOT_E_CAPSULE_WRITE, e.g. on a full disk
 */
export async function packCapsule(directory: string, base: string): Promise<Packed> {
  const fallback = (await hostCommand('zstd', ['--version'])).exitCode !== 0;
  const path = `${base}.tar.${fallback ? 'gz' : 'zst'}`;
  const part = `${path}.part`;
  try {
    // Made before tar writes to it: it holds RAM and keys from its first byte on.
    await (await open(part, 'w', 0o600)).close();
    const compress = fallback ? ['-z'] : ['-I', PACK_ZSTD];
    const files = await filesInOrder(directory);
    // RAM by itself is mostly holes: they are neither read nor written, here and when it is opened.
    const args = [...compress, '--sparse', '-C', directory, '-cf', part, '--', ...files];
    const before = await contentStamps(directory, files);
    const { exitCode, stderr, ending } = await hostCommand('tar', args, { env: { LC_ALL: 'C' } });
    const unchanged = async (): Promise<boolean> =>
      (await contentStamps(directory, files)) === before;
    if (exitCode !== 0 && !(exitCode === 1 && onlyLinked(stderr) && (await unchanged()))) {
      throw new Error(stderr === '' ? `tar ${ending}` : stderr);
    }
    const { size } = await stat(part);
    await rename(part, path);
    return { path, bytes: size, fallback };
  } catch (error) {
    await rm(part, { force: true });
    throw infraError('TAPBOOT_E_CAPSULE_WRITE', `the capsule ${path} could not be written`, {
      got: error instanceof Error ? error.message : String(error),
      hint: 'Check the space in the run directory; `--capture none` disables capsules.',
      cause: error,
    });
  }
}

/**
 * Tar reports, with status 1, each file whose ctime changed while it was read. Files of snapshots
 * are hard links, and a run beside us that takes or drops a link of its own changes that time.
 */
const onlyLinked = (stderr: string): boolean =>
  stderr
    .trim()
    .split('\n')
    .every((line) => line.endsWith(': file changed as we read it'));

/** Size and time of the last write of each file: what no new link changes. */
async function contentStamps(directory: string, files: readonly string[]): Promise<string> {
  const facts = await Promise.all(
    files.map((file) => stat(join(directory, file), { bigint: true })),
  );
  return facts.map(({ size, mtimeNs }) => `${String(size)} ${String(mtimeNs)}`).join('\n');
}

/** What tells of the rest first; then the large files, alike ones near each other. */
async function filesInOrder(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
  const rank = (file: string): number =>
    file === CAPSULE_FILE ? 0 : file.endsWith('.json') ? 1 : file.endsWith('.state') ? 2 : 3;
  return files.sort((a, b) => rank(a) - rank(b));
}

/**
 * Unpacks a capsule.
 * @param directory there already, private and empty
 * @throws TapbootError `infra` TAPBOOT_E_CAPSULE when it is none, or damaged
 */
export async function unpackCapsule(file: string, directory: string): Promise<void> {
  const facts = await stat(file).catch((error: unknown) => {
    throw badCapsule(file, isMissing(error) ? 'there is no such file' : String(error));
  });
  if (!facts.isFile()) throw badCapsule(file, 'it is no file');
  const compress = file.endsWith('.gz') ? ['-z'] : ['-I', UNPACK_ZSTD];
  const args = [...compress, '--no-same-owner', '--no-same-permissions', '-C', directory];
  const result = await hostCommand('tar', [...args, '-xf', file]);
  if (result.exitCode === 0) {
    const odd = await oddFile(directory).catch((error: unknown) => String(error));
    if (odd === undefined) return;
    throw badCapsule(file, `it holds other things than regular files: ${odd}`);
  }
  if (/No space left/.test(result.stderr)) {
    throw infraError('TAPBOOT_E_HOST_FULL', `there is no space to unpack ${file}`, {
      got: result.stderr,
      hint: 'An open capsule needs a few hundred MB: choose another TMPDIR.',
    });
  }
  throw badCapsule(file, result.stderr || `tar ${result.ending}`);
}

/**
 * What is neither directory nor regular file below a directory, or is a name of a file outside:
 * tar unpacks links, FIFOs and devices, and whoever opens those is led elsewhere.
 */
async function oddFile(directory: string): Promise<string | undefined> {
  const names = new Map<bigint, { path: string; links: bigint; seen: bigint }>();
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) continue;
    if (!entry.isFile()) return path.slice(directory.length + 1);
    const { ino, nlink } = await lstat(path, { bigint: true });
    names.set(ino, { path, links: nlink, seen: (names.get(ino)?.seen ?? 0n) + 1n });
  }
  const outside = [...names.values()].find(({ links, seen }) => links !== seen);
  return outside?.path.slice(directory.length + 1);
}
