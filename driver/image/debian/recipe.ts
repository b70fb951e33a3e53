import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestLayers, readLayer } from '../layers.js';

/** The files under `image/debian`, read. */
export interface Recipe {
  directory: string;
  /** Packages to install, from `packages.list`. */
  packages: string[];
  /** Metapackage that depends on the kernel, from `kernel.list`. */
  kernelPackage: string;
  /** SHA-256 (hex) over every file that goes into root file system, kernel and initrd. */
  rootDigest: string;
  /** SHA-256 (hex) over the boot loaders' files, which only the ISO holds. */
  isoDigest: string;
}

/** Kernel command line of the image, without console and panic arguments. */
export const KERNEL_ARGUMENTS = [
  'quiet',
  'loglevel=3',
  // Emulated processors pay for these and gain nothing.
  'mitigations=off',
  // Under emulation the timer check can fail for want of real time, and the kernel panics.
  'no_timer_check',
  'init_on_alloc=0',
  // Interfaces keep the kernel's names; the agent renames one of them.
  'net.ifnames=0',
].join(' ');

/** Time stamp of everything in the image, seconds since the epoch (bookworm's release). */
export const SOURCE_DATE_EPOCH = 1_686_355_200;

/** Suite that the packages come from. */
export const SUITE = 'bookworm';

/** Reads the recipe of a project. */
export async function readRecipe(projectRoot: string): Promise<Recipe> {
  const directory = join(projectRoot, 'image/debian');
  const all = await readLayer(directory, 'recipe');
  const isIso = (path: string): boolean => path === 'iso' || path.startsWith('iso/');
  const root = { ...all, entries: all.entries.filter((entry) => !isIso(entry.path)) };
  const iso = { ...all, entries: all.entries.filter((entry) => isIso(entry.path)) };
  const [kernelPackage] = await words(join(directory, 'kernel.list'));
  return {
    directory,
    packages: await words(join(directory, 'packages.list')),
    kernelPackage: kernelPackage ?? 'linux-image-cloud-amd64',
    rootDigest: sha256(digestLayers([root]), SUITE, String(SOURCE_DATE_EPOCH)),
    isoDigest: sha256(digestLayers([iso]), KERNEL_ARGUMENTS, String(SOURCE_DATE_EPOCH)),
  };
}

/** SHA-256 (hex) over texts, each ended by a NUL so that they cannot run together. */
export function sha256(...texts: string[]): string {
  return createHash('sha256')
    .update(texts.map((text) => `${text}\0`).join(''))
    .digest('hex');
}

async function words(file: string): Promise<string[]> {
  const text = (await readFile(file, 'utf8')).replace(/#.*/g, '');
  return text.split(/\s+/).filter((word) => word !== '');
}
