import { createHash } from 'node:crypto';
import { link, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Snapshot } from '../../machine/snapshot/snapshot.js';
import { publishEntry } from '../store/publish.js';
import { snapshotKey } from '../store/key.js';
import { MANIFEST } from '../store/manifest.js';
import { STATES } from './format.js';

interface Files {
  files: { name: string; sha256: string; bytes: number }[];
}

/** Brings states into a directory that is to become a capsule, as entries of the state cache. */
export class CapsuleStage {
  readonly directory: string;
  readonly #states: string;
  readonly #making: string;
  /** By content, so that what several states share is in the capsule once. */
  readonly #known = new Map<string, string>();

  private constructor(directory: string) {
    this.directory = directory;
    this.#states = join(directory, STATES);
    // Not in the capsule: what fails on its way is left there.
    this.#making = `${directory}.making`;
  }

  static async make(directory: string): Promise<CapsuleStage> {
    const stage = new CapsuleStage(directory);
    await mkdir(stage.#states, { recursive: true, mode: 0o700 });
    await mkdir(stage.#making, { recursive: true, mode: 0o700 });
    return stage;
  }

  /**
   * Adds a state under the key of `inputs`.
   * @throws what writing throws
   */
  async add(inputs: Record<string, string>, state: Snapshot): Promise<void> {
    const key = snapshotKey(inputs as Parameters<typeof snapshotKey>[0]);
    await publishEntry(this.#states, this.#making, { key, inputs, state });
    const directory = join(this.#states, key);
    const manifest = JSON.parse(await readFile(join(directory, MANIFEST), 'utf8')) as Files;
    for (const { name, sha256 } of manifest.files) {
      const file = join(directory, name);
      const same = this.#known.get(sha256);
      if (same === undefined) this.#known.set(sha256, file);
      else await linkInPlaceOf(same, file);
    }
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
    await rm(this.#making, { recursive: true, force: true });
  }
}

async function linkInPlaceOf(existing: string, file: string): Promise<void> {
  await link(existing, `${file}.same`);
  await rename(`${file}.same`, file);
  // Of two names of one file, a rename leaves both.
  await rm(`${file}.same`, { force: true });
}

/** What a state in a capsule is named by. */
export function capsuleInputs(id: string, moment: string): Record<string, string> {
  return { capsule: createHash('sha256').update(id).digest('hex'), moment };
}

export const capsuleKey = (inputs: Record<string, string>): string =>
  snapshotKey(inputs as Parameters<typeof snapshotKey>[0]);
