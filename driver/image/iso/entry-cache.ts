import { readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../../host/atomic-file.js';
import { fileDigest } from '../../host/file-digest.js';
import type { ProviderContext } from '../image.js';

/** What is noted of a boot entry beside its files. */
export interface StoredEntry {
  /** Command line of the entry, as the ISO's configuration has it. */
  append: string;
  /** Title of the entry. */
  title: string;
  /** Configuration file within the ISO that it was read from. */
  config: string;
}

/** What QEMU needs to start an ISO's system without its boot loader. */
export interface DirectBoot extends StoredEntry {
  /** Kernel, copied to the cache. */
  kernel: string;
  /** None or one: several are joined in their order. */
  initrds: string[];
}

interface Note extends StoredEntry {
  /** File name in the entry's directory → SHA-256. */
  digests: Record<string, string>;
}

type Context = Pick<ProviderContext, 'cacheDirectory' | 'progress' | 'signal'>;

const NOTE = 'entry.json';

/** Writes the note of an entry, with the digest of every file in its directory. */
export async function noteEntry(
  directory: string,
  entry: StoredEntry,
  context: Context,
): Promise<void> {
  const digests: Record<string, string> = {};
  for (const name of await readdir(directory)) {
    digests[name] = await fileDigest(join(directory, name), context);
  }
  const note: Note = { ...entry, digests };
  await writeFile(join(directory, NOTE), JSON.stringify(note, null, 2));
}

/**
 * Reads an entry from the cache. It counts only when every file has the digest that was noted
 * when it was written; a damaged one is said, and is as good as none.
 */
export async function readEntry(
  directory: string,
  context: Context,
): Promise<DirectBoot | undefined> {
  try {
    const note = JSON.parse(await readFile(join(directory, NOTE), 'utf8')) as Note;
    for (const [name, digest] of Object.entries(note.digests)) {
      if ((await fileDigest(join(directory, name), context)) !== digest) {
        context.progress.log(`cache: ${join(directory, name)} is damaged; it is made again`);
        return undefined;
      }
    }
    return {
      kernel: join(directory, 'kernel'),
      initrds: 'initrd' in note.digests ? [join(directory, 'initrd')] : [],
      append: note.append,
      title: note.title,
      config: note.config,
    };
  } catch (error) {
    if (isMissing(error)) return undefined;
    // What is no JSON, or has not our fields.
    if (!(error instanceof SyntaxError) && !(error instanceof TypeError)) throw error;
    context.progress.log(`cache: ${directory} is damaged; it is made again`);
    return undefined;
  }
}

/**
 * Puts a finished entry in its place. One that another run has put there meanwhile stays, as
 * somebody may be booting from it; a damaged one makes room.
 */
export async function placeEntry(from: string, to: string, context: Context): Promise<void> {
  for (const last of [false, true]) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
      // Two at once make room by turns; whose entry it is, the next reading shows.
      if (last || (await readEntry(to, context)) !== undefined) return;
      const ruin = `${from}.ruin`;
      await rename(to, ruin).catch((gone: unknown) => {
        if (!isMissing(gone)) throw gone;
      });
      await rm(ruin, { recursive: true, force: true });
    }
  }
}
