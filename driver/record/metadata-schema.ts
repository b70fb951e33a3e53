import { z } from 'zod';
import { ledgerScenarioSchema, stepFactor } from './ledger/ledger-schema.js';

const seconds = z.number().nonnegative().describe('Seconds, 3 decimals');
const time = z.iso.datetime({ offset: true });
const artifactFile = z.looseObject({ label: z.string(), path: z.string() });

const artifact = z.looseObject({
  iso_path: z.string().optional(),
  store_path: z.string().optional(),
  deriver: z.string().optional(),
  nar_hash: z.string().optional(),
  root_key_fingerprint: z
    .string()
    .optional()
    .describe('SHA-256 fingerprint of the ephemeral key that opened the root account'),
});

/** What is told of each VM, and of the first one at the top level too. */
const machine = {
  logs: z.looseObject({ harness: z.string(), serial: z.string() }),
  qemu: z
    .looseObject({
      command: z.array(z.string()).describe('argv as started'),
      version: z.string(),
      disk_image: z.string().optional().describe('Primary disk, /dev/vda'),
      extra_disks: z.array(z.string()).describe('/dev/vdb and on, in order'),
      plugged_after_boot: z
        .array(z.string())
        .optional()
        .describe('Names of the disks that were plugged in when the boot was over'),
    })
    .optional(),
  boot_path: z
    .enum(['direct', 'bios', 'uefi'])
    .optional()
    .describe('From power-on to the kernel: QEMU’s direct boot, or the medium by this firmware'),
  ssh: z
    .looseObject({
      host: z.string(),
      port: z.int().positive(),
      executable: z.string().optional(),
    })
    .optional(),
  origin: z
    .looseObject({
      kind: z.enum(['booted', 'restored']),
      booted_at: time.describe('When its boot was made, or the one that its state is of'),
      state: z.string().optional().describe('Key of the snapshot, of a restored one'),
      same_run: z.boolean().optional().describe('Whether the boot of that state is of this run'),
    })
    .optional()
    .describe('How it came to be; boot times of a restored one are those of its state’s boot'),
  diagnostics: z.looseObject({ directory: z.string(), artifacts: z.array(artifactFile) }),
};

const timings = z.looseObject({
  start: time.optional(),
  end: time.optional(),
  build_seconds: seconds.optional().describe('What the image provider took, in this run'),
  boot_to_login_seconds: seconds.optional().describe('QEMU start to a usable console'),
  boot_to_ssh_seconds: seconds.optional().describe('QEMU start to the end of a command over SSH'),
  total_seconds: seconds.optional(),
});

/** The shape of metadata.json. Further keys are welcome; these mean what they say. */
export const metadataSchema = z
  .looseObject({
    generated_at: time,
    run_id: z.string(),
    driver_version: z.string().optional(),
    outcome: z
      .enum(['passed', 'flaky', 'failed', 'error'])
      .optional()
      .describe('Absent while the run goes on'),
    exit_code: z.int().nonnegative().optional(),
    interrupted: z.string().optional().describe('What ended the run before its time'),
    artifact,
    ...machine,
    timings,
    timeouts: z.looseObject({
      spawn_seconds: z.int().positive(),
      login_seconds: z.int().positive(),
      step_factor: stepFactor,
    }),
    shard: z
      .looseObject({
        index: z.int().positive(),
        total: z.int().positive(),
        digest: z.string().describe('SHA-256 of the ids of all shards together'),
      })
      .optional()
      .describe('Which part of a list of scenarios the run had; absent for a whole list'),
    command: z.array(z.string()),
    environment: z.record(z.string(), z.string()).describe('Overrides in force, secrets excluded'),
    session_ceiling_exceeded: z.boolean(),
    accelerator: z.looseObject({ name: z.string(), reasons: z.array(z.string()) }).optional(),
    image: z
      .looseObject({ spec: z.string(), identity: z.string(), cached: z.boolean() })
      .optional(),
    scenarios: z.array(ledgerScenarioSchema),
    notices: z.array(z.looseObject({ level: z.string(), message: z.string() })),
    vms: z.array(
      z.looseObject({
        name: z.string(),
        artifact,
        ...machine,
        kernel_command_line: z
          .looseObject({
            text: z.string(),
            source: z
              .enum(['guest', 'console', 'qemu'])
              .describe(
                'Read from /proc/cmdline, printed by the kernel on the console, or given to QEMU',
              ),
          })
          .optional()
          .describe('What the kernel of the last boot was started with'),
        image: z
          .looseObject({ spec: z.string(), identity: z.string() })
          .optional()
          .describe('What a second machine was booted from; all others have the run’s image'),
        timings,
        end_reason: z.string().optional(),
        scenarios: z.array(z.string()).describe('Ids of the scenarios that used it'),
      }),
    ),
  })
  .describe('metadata.json of a run of tapboot');

export type Metadata = z.infer<typeof metadataSchema>;
export type MetadataVm = Metadata['vms'][number];

/** Violations of the schema, one sentence each; empty when there are none. */
export function schemaProblems(schema: z.ZodType, value: unknown): string[] {
  const result = schema.safeParse(value);
  if (result.success) return [];
  return result.error.issues.map(
    (issue) => `${issue.path.length === 0 ? '(top)' : issue.path.join('.')}: ${issue.message}`,
  );
}
