import type { StepBase } from '../../language/step-base.js';
import { z } from 'zod';
import { checkpointKey, nameKey, timeoutKey } from '../../language/schema/common.js';
import { explained } from '../../language/schema/leaves.js';
import { defineKind } from '../kind.js';

/** Only saves a snapshot; its name is in `saveAs`. */
export interface CheckpointStep extends StepBase {
  kind: 'checkpoint';
  saveAs: string;
}

/** `checkpoint`: save a snapshot of the machine. */
export const kind = defineKind({
  schema: explained(
    z.strictObject({
      checkpoint: checkpointKey,
      name: nameKey.optional(),
      timeout: timeoutKey.optional(),
    }),
    'Saves a snapshot of the machine under a name, for other scenarios to start from.',
    { checkpoint: 'residue-seeded' },
  ),
  summary: (written) => written.checkpoint,
  build: (written, base): CheckpointStep => ({
    ...base,
    kind: 'checkpoint',
    saveAs: written.checkpoint,
  }),
});
