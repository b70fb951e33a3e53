import type { z } from 'zod';
import { planStep } from './plan/schema.js';
import { byKey } from '../language/schema/rules.js';
import { checkpoint } from './checkpoint/schema.js';
import { consoleKind } from './console/schema.js';
import { copy } from './copy/schema.js';
import { disks } from './disks/schema.js';
import type { StepKindDefinition } from './kind.js';
import { power } from './power/schema.js';
import { reboot } from './reboot/schema.js';
import { run } from './run/schema.js';
import { screenshot } from './screenshot/schema.js';
import { ssh } from './ssh/schema.js';
import { start } from './start/schema.js';
import { wait } from './wait/schema.js';

/** All kinds that become steps of their own; a `plan` step becomes the steps of its section. */
export const kinds = {
  run,
  ssh,
  wait,
  start,
  console: consoleKind,
  copy,
  disks,
  reboot,
  power,
  screenshot,
  checkpoint,
};

/** Names of all step kinds as scenario files write them, in the order of the documentation. */
export type WrittenKind = keyof typeof kinds | 'plan';

/** The schema of each kind of step. */
export const stepForms = {
  run: run.schema,
  ssh: ssh.schema,
  wait: wait.schema,
  start: start.schema,
  console: consoleKind.schema,
  copy: copy.schema,
  plan: planStep,
  disks: disks.schema,
  reboot: reboot.schema,
  power: power.schema,
  screenshot: screenshot.schema,
  checkpoint: checkpoint.schema,
};

/** Any step. `checkpoint` is a kind only where no other kind's key stands beside it. */
export const anyStep = byKey('a step', stepForms, 'checkpoint');

export type WrittenStep = z.infer<typeof anyStep>;

/** The kind of a step that the schema has accepted. */
export function kindOf(written: WrittenStep): WrittenKind {
  const names = Object.keys(stepForms) as WrittenKind[];
  return names.find((name) => name !== 'checkpoint' && name in written) ?? 'checkpoint';
}

/**
 * The definition for a kind. The table's entries differ in the type of what is written;
 * the caller has it from `kindOf`, so that the two belong together.
 */
export const definitionOf = (kind: keyof typeof kinds): StepKindDefinition => kinds[kind];
