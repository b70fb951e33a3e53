import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Snapshot } from '../../machine/snapshot/snapshot.js';
import { infraError } from '../../errors.js';
import type { BootImage } from '../../image/image.js';
import { backingChain, renameBacking } from '../../machine/qemu/disks.js';
import { contentOf } from '../store/entry-files.js';
import { isProblem, MANIFEST, parseManifest } from '../store/manifest.js';
import { restorable } from '../store/restorable.js';
import type { CapsuleSnapshot } from './format.js';
import { badCapsule } from './format.js';

/** What a snapshot is taken out of a capsule with. */
export interface EntryOptions {
  /** The capsule, for messages. */
  file: string;
  /** The directory of the snapshot. */
  directory: string;
  described: CapsuleSnapshot;
  image: BootImage;
  firmware: string | undefined;
}

/**
 * A snapshot of an unpacked capsule, ready to be restored: its files are what was written, and
 * its disks rest on nothing but each other and the image.
 * @throws TapbootError `infra` TAPBOOT_E_CAPSULE when it is damaged
 */
export async function snapshotOfCapsule(options: EntryOptions): Promise<Snapshot> {
  const { file, directory, described, image, firmware } = options;
  const text = await readFile(join(directory, MANIFEST), 'utf8').catch(() => undefined);
  if (text === undefined) throw badCapsule(file, `its snapshot ${described.key} is missing`);
  const manifest = parseManifest(text);
  if (isProblem(manifest)) throw badCapsule(file, manifest.problem);
  for (const { name, sha256, sparse } of manifest.files) {
    const content = await contentOf(join(directory, name), sparse).catch(() => undefined);
    if (content?.sha256 !== sha256) throw badCapsule(file, `its file ${name} is damaged`);
  }
  const base = image.medium.kind === 'disk' ? image.medium : undefined;
  for (const { layers } of manifest.disks) {
    await checkChain(file, directory, layers, base);
  }
  const lease = { key: manifest.key, directory, manifest, text };
  const { machine } = manifest;
  const state = await restorable(
    { ...lease, verified: Promise.resolve(undefined) },
    { image, machine, firmware },
  );
  return described.kind === 'unasked' ? { ...state, unasked: true } : state;
}

/**
 * A qcow2 file may name any file of the host as its backing file. Only the layer below it,
 * or at the bottom the image's own disk, is let through; that one lies where this host has it.
 */
async function checkChain(
  file: string,
  directory: string,
  layers: readonly string[],
  base: { disk: string; format: string } | undefined,
): Promise<void> {
  const [bottom] = layers;
  if (base !== undefined && bottom !== undefined) {
    await renameBacking(join(directory, bottom), base.disk, base.format);
  }
  const known = new Set(layers.map((name) => join(directory, name)));
  if (base !== undefined) known.add(base.disk);
  const top = join(directory, layers.at(-1) ?? '');
  for (const { path } of await backingChain(top)) {
    if (known.has(resolve(dirname(top), path))) continue;
    throw infraError('TAPBOOT_E_CAPSULE', `${file} refers to a file outside the capsule`, {
      expected: 'disks that refer only to files of the capsule',
      got: path,
      hint: 'Open only capsules from people you trust.',
    });
  }
}
