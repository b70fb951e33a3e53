import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Snapshot } from '../../machine/snapshot/snapshot.js';
import type { SavedRam } from '../../machine/snapshot/migration/formats.js';
import { stageDisk } from './disk-layers.js';
import { contentOf, linkOrCopy } from './entry-files.js';
import { MANIFEST, MANIFEST_FORMAT, manifestText, type Manifest } from './manifest.js';
import type { SnapshotInputs } from './key.js';

const DEVICE_STATE = 'device.state';
const PAGES = 'ram.state';
const CONSOLE = 'console.log';
const VARIABLES = 'variables.fd';

/** What is published: a snapshot that was saved with `key` in its proof, and what the key was made of. */
export interface Publication {
  key: string;
  inputs: SnapshotInputs | Record<string, unknown>;
  state: Snapshot;
}

/**
 * Writes an entry in `staging` and moves it to its place by one rename: a reader finds all
 * of it or nothing. Where two processes write the same entry, the first wins.
 *
 * Nothing is synced to the disk. After a power cut an entry may be there with files that
 * are not; their digests tell, and the entry is made again. That is cheaper than waiting
 * for 100 MB to reach the disk in every run.
 *
 * @returns false when the entry was there already
 */
export async function publishEntry(
  root: string,
  staging: string,
  publication: Publication,
): Promise<boolean> {
  const { key } = publication;
  const directory = join(staging, key);
  await mkdir(directory, { mode: 0o700 });
  try {
    const manifest = await stage(directory, publication);
    await writeFile(join(directory, MANIFEST), manifestText(manifest), { mode: 0o600 });
    await rename(directory, join(root, key));
    return true;
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    throw error;
  }
}

async function stage(directory: string, { key, inputs, state }: Publication): Promise<Manifest> {
  const { image, machine, medium, firmware, bootFrom, hostKey, authorizedKey } = state;
  // Read once: the snapshot may be converted to another RAM format meanwhile.
  const { ram } = state;
  if (ram !== undefined) await linkOrCopy(ram.file, join(directory, DEVICE_STATE));
  if (ram?.pages !== undefined) await linkOrCopy(ram.pages, join(directory, PAGES));
  await writeFile(join(directory, CONSOLE), state.console, { mode: 0o600 });
  if (firmware !== undefined) await linkOrCopy(firmware.variables, join(directory, VARIABLES));
  const base = medium.kind === 'disk' ? medium.disk : undefined;
  const disks = [];
  for (const disk of state.disks) disks.push(await stageDisk(disk, base, directory));
  const files = [];
  for (const name of (await readdir(directory)).sort()) {
    await chmod(join(directory, name), 0o600);
    const sparse = isSparse(name, ram);
    const content = await contentOf(join(directory, name), sparse);
    files.push({ name, ...content, sparse: sparse ? sparse : undefined });
  }
  return {
    format: MANIFEST_FORMAT,
    key,
    inputs: { ...inputs },
    proof: state.proof,
    savedAt: new Date().toISOString(),
    bootedAt: state.bootedAt,
    timings: state.timings,
    authorizedKey,
    image: { spec: image.spec, identity: image.identity },
    machine,
    disks,
    console: CONSOLE,
    files,
    ram: ram === undefined ? undefined : entryRam(ram),
    ageSeconds: state.ageSeconds,
    memory: state.memory,
    residentBytes: state.residentBytes,
    hostKey,
    consoleLogin: state.consoleLogin === undefined ? undefined : true,
    bootFrom,
    kernel: state.kernel,
    firmwareVariables: firmware === undefined ? undefined : VARIABLES,
  };
}

/** RAM in files that are as long as the machine's memory, and mostly holes. */
const isSparse = (name: string, ram: SavedRam | undefined): boolean =>
  name === PAGES || (name === DEVICE_STATE && ram?.form === 'mapped-ram');

const entryRam = ({ form, pages }: SavedRam): NonNullable<Manifest['ram']> => ({
  form,
  file: DEVICE_STATE,
  pages: pages === undefined ? undefined : PAGES,
});
