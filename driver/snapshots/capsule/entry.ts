import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Snapshot } from '../../machine/snapshot/snapshot.js';
import type { BootImage } from '../../image/image.js';
import type { Machine } from '../../language/machine-shape.js';
import { renameBacking } from '../../machine/qemu/disks.js';
import { contentOf } from '../store/entry-files.js';
import { layerProblem } from '../store/layer-chain.js';
import { isProblem, MANIFEST, parseManifest, type Manifest } from '../store/manifest.js';
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
  /** What the machine is to be, whatever the manifest says of it. */
  machine: Machine;
  firmware: string | undefined;
}

/**
 * A snapshot of an unpacked capsule, ready to be restored: its files are what was written, and
 * its disks rest on nothing but each other and the image. Nothing is written before all of that
 * has been looked at.
 * @throws TapbootError `infra` TAPBOOT_E_CAPSULE when it is damaged
 */
export async function snapshotOfCapsule(options: EntryOptions): Promise<Snapshot> {
  const { file, directory, described, image, machine, firmware } = options;
  const text = await readFile(join(directory, MANIFEST), 'utf8').catch(() => undefined);
  if (text === undefined) throw badCapsule(file, `its snapshot ${described.key} is missing`);
  const manifest = parseManifest(text);
  if (isProblem(manifest)) throw badCapsule(file, manifest.problem);
  for (const { name, sha256, sparse } of manifest.files) {
    const facts = await lstat(join(directory, name)).catch(() => undefined);
    if (facts?.isFile() !== true) throw badCapsule(file, `its file ${name} is not a regular file`);
    const content = await contentOf(join(directory, name), sparse).catch(() => undefined);
    if (content?.sha256 !== sha256) throw badCapsule(file, `its file ${name} is damaged`);
  }
  await demandOwnDisks(options, manifest);
  const lease = { key: manifest.key, directory, manifest, text };
  const state = await restorable(
    { ...lease, verified: Promise.resolve(undefined) },
    { image, machine, firmware },
  );
  return described.kind === 'unasked' ? { ...state, unasked: true } : state;
}

/**
 * Looks what the disks rest on before any tool opens them. The bottom layer of the first rests on
 * the image where the run had it; it is told where this host has it.
 */
async function demandOwnDisks(
  { file, directory, image: { medium } }: EntryOptions,
  { disks }: Manifest,
): Promise<void> {
  const base = medium.kind === 'disk' ? medium : undefined;
  for (const [index, { layers }] of disks.entries()) {
    const rests = index === 0 && base !== undefined ? 'renamed' : undefined;
    const problem = await layerProblem(directory, layers, rests);
    if (problem !== undefined) throw badCapsule(file, problem);
  }
  const bottom = disks[0]?.layers[0];
  if (base === undefined || bottom === undefined) return;
  await renameBacking(join(directory, bottom), base.disk, base.format);
}
