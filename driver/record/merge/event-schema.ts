import { z } from 'zod';
import { ENDING_SIGNALS } from '../../ending.js';
import type { ErrorCode } from '../../error-codes.js';
import { noCounts } from '../../events/counts.js';
import type { RunEvent } from '../../events/events.js';

/**
 * The most steps that a scenario of a file of events is believed to have: reports write a line
 * for each, told of or not.
 */
export const MOST_STEPS = 100_000;

/** The last moment that a `Date` can hold, in milliseconds since the epoch. */
const LAST_MOMENT = 8.64e15;

const text = z.string();
const texts = z.array(text);
const moment = z.number().min(-LAST_MOMENT).max(LAST_MOMENT);
/** Seconds or milliseconds. */
const time = z.number().nonnegative();
const count = z.int().nonnegative();

const phase = z.enum(['setup', 'build', 'boot', 'restore', 'save', 'login', 'step', 'teardown']);
const OUTCOMES = [
  'passed',
  'flaky',
  'known',
  'failed',
  'queued',
  'not-run',
  'interrupted',
] as const;
const scenarioOutcome = z.enum(OUTCOMES);
const at = z.object({ file: text, line: z.number(), column: z.number() });
const artifacts = z.array(z.object({ label: text, path: text }));
const scenario = z.object({ id: text, name: text, file: text });
const step = z.object({
  index: z.int().positive().max(MOST_STEPS),
  title: text,
  kind: text,
  at,
});

const failure = z.object({
  class: z.enum(['product', 'scenario', 'guest-dead', 'infra']),
  code: z.custom<ErrorCode>((value) => typeof value === 'string', 'a code'),
  message: text,
  phase,
  at: at.optional(),
  mismatches: z.array(z.object({ what: text, expected: text, got: text, diff: text.optional() })),
  hint: text.optional(),
  frame: text.optional(),
  output: text.optional(),
  console: text.optional(),
  artifacts,
  knownIssue: z.object({ reason: text, owner: text, expires: text }).optional(),
});

const kernel = z.object({ text, source: z.enum(['guest', 'console', 'qemu']) }).optional();
const origin = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('booted'), bootedAt: text, kernel }),
  z.object({
    kind: z.literal('restored'),
    key: text,
    bootedAt: text,
    sameRun: z.boolean(),
    kernel,
  }),
]);

const command = z.object({
  channel: text,
  command: text,
  stdout: text,
  stderr: text,
  exitStatus: z.number().nullable(),
  durationMs: time,
  timedOut: z.boolean(),
  dropped: z.object({ stdout: count, stderr: count }),
});

const disk = z.object({
  disk: text,
  sizeBytes: count,
  state: text,
  findings: z.array(z.object({ offset: count, length: count.optional(), kind: text, what: text })),
  nonZero: z.array(z.object({ offset: count, length: count })),
});

const vmPhase = { at: moment, phase, vm: text.optional(), text };

/**
 * Events as they are read from a file, which anybody may have written. Further keys are dropped:
 * what nobody knows, nobody has to be able to bear.
 */
const known = z.discriminatedUnion('type', [
  z.object({
    at: moment,
    type: z.literal('run:start'),
    run: text,
    directory: text,
    command: texts,
    version: text,
    workers: z.int().positive().optional(),
    shard: z
      .object({ index: z.int().positive(), total: z.int().positive(), digest: text })
      .optional(),
    scenarios: z.array(
      scenario.extend({
        steps: count.max(MOST_STEPS),
        tags: texts,
        expectedSeconds: time.optional(),
        rerun: texts.optional(),
      }),
    ),
  }),
  z.object({ ...vmPhase, type: z.literal('phase:start') }),
  z.object({ ...vmPhase, type: z.literal('phase:progress') }),
  z.object({ ...vmPhase, type: z.literal('phase:end'), seconds: time }),
  z.object({
    at: moment,
    type: z.literal('accelerator'),
    name: z.enum(['kvm', 'tcg']),
    reasons: texts,
  }),
  z.object({
    at: moment,
    type: z.literal('image'),
    spec: text,
    identity: text,
    cached: z.boolean(),
    buildSeconds: time.optional(),
    artifact: z.record(text, text.optional()),
  }),
  z.object({ at: moment, type: z.literal('vm:start'), vm: text, argv: texts, version: text }),
  z.object({ at: moment, type: z.literal('vm:end'), vm: text, reason: text }),
  z.object({
    at: moment,
    type: z.literal('scenario:start'),
    scenario,
    steps: z.array(step).max(MOST_STEPS),
    attempt: z.int().positive(),
    worker: z.int().positive().optional(),
    previous: failure.optional(),
  }),
  z.object({ at: moment, type: z.literal('scenario:machine'), scenario, vm: text, origin }),
  z.object({ at: moment, type: z.literal('step:start'), scenario, step }),
  z.object({
    at: moment,
    type: z.literal('step:end'),
    scenario,
    step,
    outcome: z.enum(['passed', 'failed', 'skipped', 'reused']),
    durationMs: time,
    commands: z.array(command),
    failure: failure.optional(),
    skipReason: text.optional(),
    notes: texts,
    artifacts,
    disks: z.array(disk).optional(),
  }),
  z.object({
    at: moment,
    type: z.literal('scenario:end'),
    scenario,
    outcome: scenarioOutcome,
    durationMs: time,
    origin: origin.optional(),
    failure: failure.optional(),
    artifacts,
  }),
  z.object({
    at: moment,
    type: z.literal('scenario:queued'),
    scenario,
    projectedSeconds: time,
    reason: text,
  }),
  z.object({ at: moment, type: z.literal('scenario:not-run'), scenario, reason: text }),
  z.object({ at: moment, type: z.literal('debug:start'), vm: text }),
  z.object({ at: moment, type: z.literal('debug:end'), vm: text, seconds: time }),
  z.object({
    at: moment,
    type: z.literal('notice'),
    level: z.enum(['info', 'warning']),
    message: text,
  }),
  z.object({
    at: moment,
    type: z.literal('run:end'),
    outcome: z.enum(['passed', 'flaky', 'failed', 'error']),
    exitCode: count.max(255),
    // Older versions do not count all of them.
    counts: z
      .partialRecord(scenarioOutcome, count)
      .transform((counts) => ({ ...noCounts(), ...counts })),
    durationMs: time,
    failure: failure.optional(),
    interrupted: z.enum(ENDING_SIGNALS).optional(),
  }),
]) satisfies z.ZodType<RunEvent>;

const TYPES: ReadonlySet<string> = new Set(
  known.options.map(({ shape }) => shape.type.value as string),
);

/** Of a type that this version does not know: an event of a newer one, which nobody here uses. */
const unknown = z.object({ at: moment, type: text });

/**
 * Takes a value of a file for an event.
 * @returns the event, or in words what is wrong with it
 */
export function asEvent(value: unknown): { event: RunEvent } | { problem: string } {
  const { type } = (typeof value === 'object' && value !== null ? value : {}) as { type?: unknown };
  const schema = typeof type === 'string' && TYPES.has(type) ? known : unknown;
  const parsed = schema.safeParse(value);
  if (parsed.success) return { event: parsed.data as RunEvent };
  const [issue] = parsed.error.issues;
  const place = issue?.path.join('.') ?? '';
  const where = place === '' ? '' : `${String(type)}: ${place}: `;
  return { problem: `not an event: ${where}${issue?.message ?? ''}` };
}
