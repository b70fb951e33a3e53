import { z } from 'zod';
import { infraError, type TapbootError } from '../../errors.js';
import type { Json } from '../store/key.js';
import { machineSchema } from '../store/manifest.js';
import { kinds } from '../../steps/schemas.generated.js';
import type { Kind } from '../../steps/schemas.js';
import type { Scenario } from '../../scenario/model.js';

/** Layout of a capsule; another one is refused, since what it means is unknown. */
export const CAPSULE_FORMAT = 1;

/** Names inside the archive. */
export const CAPSULE_FILE = 'capsule.json';
export const STATES = 'states';

const unitRuns = z.object({
  started: z.record(z.string(), z.string()),
  foreseen: z.record(z.string(), z.string()),
});

const state = z.object({
  /**
   * `checkpoint`: the nearest snapshot that the machine came from; `step`: the start of
   * the failing step; `failure`: the moment of the failure.
   */
  moment: z.enum(['checkpoint', 'step', 'failure']),
  /** Names its directory below `states/`. */
  key: z.string().regex(/^[0-9a-f]{32}$/),
  /** How many of the scenario's steps it has behind it. */
  behind: z.int().nonnegative(),
  /** How much of the machine is in it: see CaptureKind in driver/machine/snapshot/capture.ts. */
  kind: z.enum(['proven', 'unasked', 'off', 'disks']),
  /** What the step engine remembers behind those steps. */
  unitRuns,
});

/** Keys of the run that made the capsule: the guest lets its client in. */
const keys = z.object({
  authorizedKey: z.string(),
  clientPrivateKey: z.string(),
  hostPrivateKey: z.string(),
  hostPublicKey: z.string(),
  fingerprint: z.string(),
});

/** What every compiled step has; what its kind adds is looked at when it is replayed. */
const step = z.looseObject({
  kind: z.enum(Object.keys(kinds) as [Kind, ...Kind[]]),
  title: z.string(),
  timeoutMs: z.number().positive(),
});

const compiled = z.looseObject({
  id: z.string(),
  name: z.string(),
  file: z.string(),
  machine: machineSchema,
  steps: z.array(step),
});

const scenario = z.custom<Scenario>(
  (value) => compiled.safeParse(value).success,
  'a compiled scenario',
);

const capsuleSchema = z.object({
  format: z.literal(CAPSULE_FORMAT),
  /** Version of the driver. */
  tapboot: z.string(),
  /** ISO 8601. */
  madeAt: z.iso.datetime(),
  /** Name of the run directory. */
  run: z.string(),
  vm: z.string(),
  /** As it was compiled: no variables, templates or plans are left in it. */
  scenario,
  failure: z.object({
    /** The step that failed, from 1; older versions wrote one more when the machine died behind the last. */
    step: z.int().positive(),
    class: z.string(),
    code: z.string(),
    message: z.string(),
  }),
  image: z.object({ spec: z.string(), identity: z.string() }),
  accelerator: z.enum(['kvm', 'tcg']),
  /** Everything that a boot of this machine depends on; what has to be the same to open it. */
  inputs: z.record(z.string(), z.json() as z.ZodType<Json>),
  states: z.array(state),
  /** What is not in the capsule, and why: a sentence each. */
  missing: z.array(z.string()),
  keys,
});

/** What a capsule says of itself (capsule.json). */
export type Capsule = z.infer<typeof capsuleSchema>;
export type CapsuleSnapshot = Capsule['states'][number];

/**
 * Reads capsule.json.
 * @param file name of the capsule, for messages
 * @throws TapbootError `infra` TAPBOOT_E_CAPSULE
 */
export function parseCapsule(text: string, file: string): Capsule {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (cause) {
    throw badCapsule(file, `its ${CAPSULE_FILE} is not JSON`, cause);
  }
  const parsed = capsuleSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined ? '' : ` (${issue.path.join('.')}: ${issue.message})`;
  throw badCapsule(file, `its ${CAPSULE_FILE} is not of format ${String(CAPSULE_FORMAT)}${where}`);
}

/** A capsule that cannot be read. */
export const badCapsule = (file: string, got: string, cause?: unknown): TapbootError =>
  infraError('TAPBOOT_E_CAPSULE', `${file} is not a capsule that this version can open`, {
    expected: 'capsule.tar.zst or capsule.tar.gz of a failed run',
    got,
    cause,
  });
