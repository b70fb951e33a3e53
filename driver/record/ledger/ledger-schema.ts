import { z } from 'zod';

const seconds = z.number().nonnegative();
const time = z.iso.datetime({ offset: true });
const artifact = z.looseObject({ label: z.string(), path: z.string() });

/** Of a run that got as far as its machines. */
export const stepFactor = z
  .number()
  .positive()
  .optional()
  .describe('What the timeouts of steps were multiplied by; 1 unless --timeout-factor said other');

/** One scenario in a ledger line. */
export const ledgerScenarioSchema = z.looseObject({
  id: z.string().optional().describe('Unique in the run; matrix values in brackets'),
  name: z.string(),
  file: z.string(),
  outcome: z
    .enum(['passed', 'flaky', 'known', 'failed', 'queued', 'not-run', 'interrupted'])
    .describe(
      'queued: left for a later run; not-run: not begun after too many failures; neither is a pass',
    ),
  class: z
    .enum(['product', 'scenario', 'guest-dead', 'infra'])
    .optional()
    .describe('Class of the first failure; absent when there was none'),
  seconds: seconds.optional().describe('Wall-clock time; absent when it was not run'),
  start: z
    .enum(['booted', 'restored'])
    .optional()
    .describe('How its machine came to be; absent when there never was one'),
});

/** The shape of a line that tapboot writes; readers are far more tolerant. */
export const ledgerLineSchema = z
  .looseObject({
    run_id: z.string().describe('Unique over all runs; a line is appended at most once for it'),
    timestamp: time.describe('When the line was made'),
    metadata: z.string().describe('Path of metadata.json'),
    harness_log: z.string(),
    serial_log: z.string(),
    ssh: z.looseObject({ host: z.string(), port: z.int().positive() }).optional(),
    qemu: z.looseObject({ command: z.array(z.string()), version: z.string() }).optional(),
    driver_args: z.array(z.string()),
    timeouts: z.looseObject({
      spawn_seconds: z.int().positive(),
      login_seconds: z.int().positive(),
      step_factor: stepFactor,
    }),
    outcome: z
      .enum(['passed', 'flaky', 'failed', 'error'])
      .describe("Of the run's own scenarios; error: no verdict on the product"),
    interrupted: z.boolean().optional().describe('True when the driver did not live to its end'),
    scenarios: z.array(ledgerScenarioSchema),
    start: z
      .enum(['booted', 'restored'])
      .optional()
      .describe('How the first machine came to be; its boot times are in `timings`'),
    timings: z.looseObject({
      start: time.optional(),
      end: time.optional(),
      build_seconds: seconds.optional(),
      boot_to_login_seconds: seconds.optional(),
      boot_to_ssh_seconds: seconds.optional(),
      total_seconds: seconds.optional(),
    }),
    session_ceiling_exceeded: z.boolean(),
    diagnostics: z.array(artifact),
  })
  .describe('One line of vm-run-ledger.jsonl: one run');

export type LedgerLine = z.infer<typeof ledgerLineSchema>;
export type LedgerScenarioLine = z.infer<typeof ledgerScenarioSchema>;
