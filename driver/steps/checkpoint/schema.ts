import { z } from 'zod';
import { checkpointKey, nameKey, timeoutKey } from '../../language/schema/common.js';
import { explained } from '../../language/schema/leaves.js';
import { defineKind } from '../kind.js';

/** `checkpoint`: save the machine's state. */
export const checkpoint = defineKind({
  schema: explained(
    z.strictObject({
      checkpoint: checkpointKey,
      name: nameKey.optional(),
      timeout: timeoutKey.optional(),
    }),
    'Saves the machine’s state under a name, for other scenarios to start from.',
    { checkpoint: 'residue-seeded' },
  ),
  summary: (written) => written.checkpoint,
  build: (written, base) => ({ ...base, kind: 'checkpoint', saveAs: written.checkpoint }),
});
