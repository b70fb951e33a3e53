import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { infraError } from '../../errors.js';
import type { ProviderContext } from '../image.js';
import { isMissing, makeTemporaryDirectory } from '../content/atomic-file.js';
import { fileDigest } from '../content/file-digest.js';
import { joinInitrds } from '../content/joined-initrd.js';
import { readIsoMenus } from './boot-menus.js';
import { chooseEntry } from './choose-entry.js';
import { withSerialConsole } from './serial-console.js';
import { extractFromIso } from './xorriso.js';

/** What QEMU needs to start an ISO's system without its boot loader. */
export interface DirectBoot {
  /** Kernel, copied to the cache. */
  kernel: string;
  /** None or one: several are joined in their order. */
  initrds: string[];
  /** Command line of the entry; the serial console is its last `console=`. */
  append: string;
  /** Title of the entry. */
  title: string;
  /** Configuration file within the ISO that it was read from. */
  config: string;
}

interface Stored extends Omit<DirectBoot, 'kernel' | 'initrds'> {
  /** File name in the entry's directory → SHA-256. */
  digests: Record<string, string>;
}

/** Part of the cache key: to be raised when the reading of configurations changes. */
const READER_VERSION = 1;

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
  context: Pick<ProviderContext, 'cacheDirectory' | 'progress' | 'signal'>,
): Promise<DirectBoot> {
  const choice = JSON.stringify([READER_VERSION, identity, wanted ?? null]);
  const key = createHash('sha256').update(choice).digest('hex').slice(0, 32);
  const parent = join(context.cacheDirectory, 'iso-boot');
  const directory = join(parent, key);
  const kept = await readEntry(directory, context);
  if (kept !== undefined) return kept;
  context.progress.stage(`reading the boot configuration of ${iso}`);
  await mkdir(parent, { recursive: true });
  const menus = await readIsoMenus(iso, parent, context.signal);
  const { config, entry } = chooseEntry(iso, menus, wanted);
  const sources = [entry.kernel, ...entry.initrds].map((path) => {
    const node = menus.tree.findFile(path);
    if (node !== undefined) return node.path;
    throw infraError('TAPBOOT_E_ISO_READ', `the ISO lacks a file that its boot menu names`, {
      expected: `${path}, named by the entry “${entry.title}” in ${config}`,
      got: `no such file in ${iso}`,
      hint: 'Choose another entry with entry=…, or boot the ISO as it is with boot=bios.',
    });
  });
  const temporary = await makeTemporaryDirectory(parent, key);
  try {
    const files = sources.map((path, index) => [path, join(temporary, String(index))] as const);
    await extractFromIso(iso, new Map(files), context.signal);
    const copies = sources.map((path) => join(temporary, String(sources.indexOf(path))));
    await rename(copies[0] ?? '', join(temporary, 'kernel'));
    if (copies.length > 1) await joinInitrds(copies.slice(1), join(temporary, 'initrd'));
    const names = copies.length > 1 ? ['kernel', 'initrd'] : ['kernel'];
    for (const copy of new Set(copies.slice(1))) await rm(copy, { force: true });
    const digests: Record<string, string> = {};
    for (const name of names) digests[name] = await fileDigest(join(temporary, name), context);
    const append = withSerialConsole(entry.append);
    const stored: Stored = { append, title: entry.title, config, digests };
    await writeFile(join(temporary, 'entry.json'), JSON.stringify(stored, null, 2));
    await replaceDirectory(temporary, directory);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  const made = await readEntry(directory, context);
  if (made !== undefined) return made;
  throw infraError('TAPBOOT_E_CACHE_DAMAGED', 'a cache entry vanished while it was written', {
    got: directory,
    hint: 'Check whether something else cleans or fills the cache directory.',
  });
}

/** An entry is used only when every file has the digest that was noted when it was written. */
async function readEntry(
  directory: string,
  context: Pick<ProviderContext, 'cacheDirectory' | 'progress' | 'signal'>,
): Promise<DirectBoot | undefined> {
  try {
    const stored = JSON.parse(await readFile(join(directory, 'entry.json'), 'utf8')) as Stored;
    for (const [name, digest] of Object.entries(stored.digests)) {
      if ((await fileDigest(join(directory, name), context)) !== digest) {
        context.progress.log(`cache: ${join(directory, name)} is damaged; it is made again`);
        return undefined;
      }
    }
    return {
      kernel: join(directory, 'kernel'),
      initrds: 'initrd' in stored.digests ? [join(directory, 'initrd')] : [],
      append: stored.append,
      title: stored.title,
      config: stored.config,
    };
  } catch (error) {
    if (!isMissing(error) && !(error instanceof SyntaxError)) throw error;
    if (!isMissing(error)) context.progress.log(`cache: ${directory} is damaged; it is made again`);
    return undefined;
  }
}

/** Puts a finished directory in place; when another run was first, or left ruins, ours replaces it. */
async function replaceDirectory(from: string, to: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (attempt === 3 || (code !== 'ENOTEMPTY' && code !== 'EEXIST')) throw error;
      await rename(to, `${from}.old-${String(attempt)}`).catch(() => undefined);
      await rm(`${from}.old-${String(attempt)}`, { recursive: true, force: true });
    }
  }
}
