import { createHash } from 'node:crypto';
import { sortKeys } from '../../sort-keys.js';
import type { Step } from '../../steps/step.js';

/**
 * Raised when a driver leaves something else in a saved machine than the one before, or
 * lays an entry out differently: older snapshots are then ignored.
 */
export const STATE_PROTOCOL = 5;

/** Hex digits of a key; 128 bits of SHA-256. */
const KEY_LENGTH = 32;

/** JSON that keys are made of. */
export type Json = null | boolean | number | string | readonly Json[] | { [key: string]: Json };

/** Everything that could make a difference to a booted machine. Paths are told by content. */
export interface SnapshotInputs {
  [key: string]: Json;
  protocol: number;
  /** Architecture of the host, as Node calls it. */
  architecture: string;
  qemu: {
    version: string;
    /** Digests of the executable and of the firmware that comes with it, by file name. */
    files: Record<string, string>;
  };
  accelerator: string;
  /** Host CPU and kernel; null where the guest cannot see them (TCG). */
  host: string | null;
  /** QEMU's arguments, with what depends on the run taken out and paths replaced by digests. */
  argv: string[];
  disks: { name: string; sizeBytes: number; backing: string | null }[];
  image: { identity: string; access: Json };
  /** Version of the shell script that the driver loads into the guest. */
  guestShell: string;
}

/** The same facts always give the same text, in whatever order they were found. */
export const canonicalJson = (value: unknown): string => JSON.stringify(sortKeys(value));

/** SHA-256 of a text, hex. */
export const digestText = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Key of the snapshot that a boot of exactly this leads to: 32 hex digits. */
export const snapshotKey = (inputs: SnapshotInputs): string =>
  digestText(canonicalJson(inputs)).slice(0, KEY_LENGTH);

/** True for what {@link snapshotKey} and {@link checkpointKey} make. */
export const isSnapshotKey = (name: string): boolean => /^[0-9a-f]{32}$/.test(name);

/** A step with what its effect does not depend on taken out, and the content it brings in. */
export type KeyedStep = Json;

/**
 * Makes steps ready for {@link checkpointKey}: variables are in them already as values.
 * @param digest SHA-256 of a file on the host, which a `copy` step brings in
 */
export async function keyedSteps(
  steps: readonly Step[],
  digest: (path: string) => Promise<string>,
): Promise<KeyedStep[]> {
  return await Promise.all(
    steps.map(async (step) => {
      const content =
        step.kind === 'copy' && step.transfer.direction === 'in'
          ? await digest(step.transfer.host)
          : null;
      return { step: withoutCosmetics(step), content };
    }),
  );
}

/** Where a step stands, what it is called, and under which name it is saved change nothing. */
function withoutCosmetics(step: Step): Json {
  const { at: _at, title: _title, via: _via, saveAs: _saveAs, ...rest } = step;
  const text = JSON.stringify(rest, (key, inner: unknown) =>
    key === 'at' && isLocation(inner) ? undefined : inner,
  );
  return JSON.parse(text) as Json;
}

/** An `at` further down; a variable of that name in a step's environment is text, and counts. */
const isLocation = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'file' in value && 'line' in value;

/**
 * Key of the snapshot that `steps` lead to from the snapshot `parent`: the parent's key and every
 * step since, so that a change anywhere on the way gives another key.
 */
export const checkpointKey = (parent: string, steps: readonly KeyedStep[]): string =>
  digestText(canonicalJson({ protocol: STATE_PROTOCOL, parent, steps })).slice(0, KEY_LENGTH);
