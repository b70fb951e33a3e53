import { createHash } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { infraError } from '../../errors.js';
import { makeTemporaryDirectory } from '../../host/atomic-file.js';
import { joinInitrds } from '../content/joined-initrd.js';
import type { ProviderContext } from '../image.js';
import { readIsoMenus, type IsoMenus } from './boot-menus.js';
import { chooseEntry, type ChosenEntry } from './choose-entry.js';
import { noteEntry, placeEntry, readEntry, type DirectBoot } from './entry-cache.js';
import { extractFromIso } from './xorriso.js';

/** Part of the cache key: to be raised when the reading of configurations changes. */
const READER_VERSION = 3;

/** Another run may be replacing a damaged entry at the same moment. */
const ATTEMPTS = 3;

type Context = Pick<ProviderContext, 'cacheDirectory' | 'progress' | 'signal'>;

/**
 * Takes kernel, initrds and command line of one boot entry out of an ISO, into the cache.
 *
 * @param iso path on the host; only read
 * @param identity SHA-256 of the ISO, the key of the cache
 * @param wanted entry by number, label or title; the default entry without it
 * @throws TapbootError `scenario` when there is no such entry, `infra` when the ISO is unreadable
 */
export async function directBootFromIso(
  iso: string,
  identity: string,
  wanted: string | undefined,
  context: Context,
): Promise<DirectBoot> {
  const choice = JSON.stringify([READER_VERSION, identity, wanted ?? null]);
  const key = createHash('sha256').update(choice).digest('hex').slice(0, 32);
  const parent = join(context.cacheDirectory, 'iso-boot');
  const directory = join(parent, key);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const kept = await readEntry(directory, context);
    if (kept !== undefined) return kept;
    context.progress.stage(`reading the boot configuration of ${iso}`);
    await mkdir(parent, { recursive: true });
    const menus = await readIsoMenus(iso, parent, context.signal);
    const chosen = chooseEntry(iso, menus, wanted);
    const sources = sourcesOf(iso, menus, chosen);
    const temporary = await makeTemporaryDirectory(parent, key);
    try {
      await extractEntry(iso, sources, temporary, context);
      const { append, title } = chosen.entry;
      const stored = { append, title, config: chosen.config };
      await noteEntry(temporary, stored, context);
      await placeEntry(temporary, directory, context);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  }
  throw infraError('TAPBOOT_E_CACHE_DAMAGED', 'a cache entry is damaged as soon as it is written', {
    got: directory,
    hint: 'Check whether something else cleans or changes the cache directory.',
  });
}

/** Paths within the ISO, as stored: the kernel, then the initrds. */
function sourcesOf(iso: string, { tree }: IsoMenus, { entry, config }: ChosenEntry): string[] {
  return [entry.kernel, ...entry.initrds].map((path) => {
    const node = tree.findFile(path);
    if (node !== undefined) return node.path;
    throw infraError('TAPBOOT_E_ISO_READ', 'the ISO lacks a file that its boot menu names', {
      expected: `${path}, named by the entry “${entry.title}” in ${config}`,
      got: `no such file in ${iso}`,
      hint: 'Choose another entry with entry=…, or start its boot loader with boot=bios.',
    });
  });
}

/** Leaves `kernel` and, when there is any, one `initrd` in a directory. */
async function extractEntry(
  iso: string,
  sources: readonly string[],
  directory: string,
  { signal }: Context,
): Promise<void> {
  const copies = new Map(sources.map((path, index) => [path, join(directory, `part-${index}`)]));
  await extractFromIso(iso, copies, signal);
  const [kernel = '', ...initrds] = sources.map((path) => copies.get(path) ?? '');
  if (initrds.length > 0) await joinInitrds(initrds, join(directory, 'initrd'));
  await rename(kernel, join(directory, 'kernel'));
  for (const copy of copies.values()) await rm(copy, { force: true });
}
