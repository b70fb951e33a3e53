import { z } from 'zod';
import { CPU_PATTERN } from '../../language/quantities.js';
import { RAM_FORMATS } from '../../machine/snapshot/migration/formats.js';
import {
  canonicalJson,
  digestText,
  isSnapshotKey,
  snapshotKey,
  type SnapshotInputs,
} from './key.js';

/** Layout of an entry. An entry of another layout is damaged for us, and made anew. */
const FORMAT = 2;

/** Name of the manifest in its entry. */
export const MANIFEST = 'manifest.json';

/** Plain names only: nothing in a manifest can point out of its entry. */
const fileName = z.string().regex(/^[a-z][a-z0-9.-]*$/);
const hex64 = z.string().regex(/^[0-9a-f]{64}$/);

/** Part of file names and of QEMU's arguments. */
const diskName = z.string().regex(/^vd[a-z]$/);

/** A machine as snapshots and capsules keep it. */
export const machineSchema = z.object({
  memoryBytes: z.int().positive(),
  cpus: z.int().positive(),
  disks: z.array(z.object({ name: diskName, sizeBytes: z.int().positive() })),
  network: z.enum(['isolated', 'internet', 'none']),
  firmware: z.enum(['bios', 'uefi']).optional(),
  display: z.literal(true).optional(),
  cpu: z
    .string()
    .regex(new RegExp(`^${CPU_PATTERN}$`))
    .optional(),
  plug: z.literal('after-boot').optional(),
});

const manifestSchema = z.object({
  format: z.literal(FORMAT),
  key: z.string().refine(isSnapshotKey),
  /** What the key was made of; for a checkpoint also the key that it descends from. */
  inputs: z.record(z.string(), z.unknown()),
  /** ISO 8601. */
  savedAt: z.iso.datetime(),
  bootedAt: z.iso.datetime(),
  /** The most seconds that the guest's kernel had run when it was saved. */
  ageSeconds: z.number().nonnegative().optional(),
  proof: z.object({ nonce: z.string().min(1), counter: z.int().nonnegative() }),
  /** What the kernel was started with; absent: not known. */
  kernel: z.object({ text: z.string(), source: z.enum(['guest', 'console', 'qemu']) }).optional(),
  /** Seconds from QEMU's start, of the boot. */
  timings: z.object({
    bootToLoginSeconds: z.number().optional(),
    bootToSshSeconds: z.number().optional(),
  }),
  /** Pinned SSH host key, OpenSSH public format. */
  hostKey: z.string().optional(),
  /** Commands can go over the console. */
  consoleLogin: z.literal(true).optional(),
  /** The client key that the guest lets in: that of the run that made the boot. */
  authorizedKey: z.string(),
  image: z.object({ spec: z.string(), identity: z.string() }),
  machine: machineSchema,
  bootFrom: z.string().optional(),
  disks: z.array(
    z.object({
      name: diskName,
      sizeBytes: z.int().positive(),
      /** qcow2 files, the one on top last. */
      layers: z.array(fileName).min(1),
    }),
  ),
  /** RAM and devices (see SavedRam in driver/machine/snapshot/migration/formats.ts); absent of a machine that was off. */
  ram: z
    .object({ form: z.enum(RAM_FORMATS), file: fileName, pages: fileName.optional() })
    .optional(),
  /** What the scenario engine remembers behind the steps so far. */
  memory: z.unknown().optional(),
  /** Most memory that QEMU had resident up to the save. */
  residentBytes: z.int().positive().optional(),
  console: fileName,
  firmwareVariables: fileName.optional(),
  /** `sparse`: the digest is that of what is in it, see contentOf in entry-files.ts. */
  files: z.array(
    z.object({
      name: fileName,
      bytes: z.int().nonnegative(),
      sha256: hex64,
      sparse: z.literal(true).optional(),
    }),
  ),
});

/** What an entry of the snapshot cache says of itself. */
export type Manifest = z.infer<typeof manifestSchema>;

/** The manifest as it is written: with a digest of itself. */
export function manifestText(manifest: Manifest): string {
  const seal = digestText(canonicalJson(manifest));
  return `${JSON.stringify({ ...manifest, seal }, null, 2)}\n`;
}

/**
 * Reads a manifest and holds it against its own seal.
 * @returns what is wrong with it, as a sentence, when anything is
 */
export function parseManifest(text: string): Manifest | { problem: string } {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { problem: 'its manifest is not JSON' };
  }
  const parsed = manifestSchema.safeParse(raw);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { problem: `its manifest is not of this format (${issue?.path.join('.') ?? ''})` };
  }
  // Over all that is written, also what this driver does not know.
  const { seal, ...sealed } = raw as Record<string, unknown>;
  if (seal !== digestText(canonicalJson(sealed))) {
    return { problem: 'its manifest does not match its seal' };
  }
  const known = new Set(parsed.data.files.map(({ name }) => name));
  const unknown = filesInUse(parsed.data).find((name) => !known.has(name));
  if (unknown !== undefined) return { problem: `its manifest has no digest of ${unknown}` };
  return parsed.data;
}

/**
 * As {@link parseManifest}, and holds it against the place it was found in.
 * @param key name of the entry's directory
 */
export function readManifest(text: string, key: string): Manifest | { problem: string } {
  const manifest = parseManifest(text);
  if (isProblem(manifest)) return manifest;
  if (manifest.key !== key || snapshotKey(manifest.inputs as SnapshotInputs) !== key) {
    return { problem: 'its manifest is that of another snapshot' };
  }
  if (!manifest.proof.nonce.startsWith(`${key}-`)) {
    return { problem: 'its proof is that of another snapshot' };
  }
  return manifest;
}

/** All files that a manifest makes use of, the manifest itself left out. */
export function filesInUse(manifest: Manifest): string[] {
  const { ram, disks, firmwareVariables } = manifest;
  return [
    manifest.console,
    ...disks.flatMap(({ layers }) => layers),
    ...[firmwareVariables, ram?.file, ram?.pages].filter((name) => name !== undefined),
  ];
}

/** Whether {@link readManifest} found something wrong. */
export const isProblem = (read: Manifest | { problem: string }): read is { problem: string } =>
  'problem' in read;

export { FORMAT as MANIFEST_FORMAT };
