import type { StepBase } from '../../language/step-base.js';
import { z } from 'zod';
import { commonKeys } from '../../language/schema/common.js';
import { choice, explained } from '../../language/schema/leaves.js';
import { defineKind } from '../kind.js';

export interface PowerStep extends StepBase {
  kind: 'power';
  /** `off`: an orderly shutdown, waited for; `cut`: the plug is pulled. */
  action: 'off' | 'cut';
}

/** `power`: switch the machine off. */
export const kind = defineKind({
  schema: explained(
    z.strictObject({
      power: explained(
        choice(['off', 'cut']),
        'off: shut down and wait until the machine is off; cut: pull the plug.',
        'off',
        'cut',
      ),
      ...commonKeys,
    }),
    'Switches the machine off; only disks and reboot steps can follow.',
    { power: 'off' },
  ),
  summary: (written) => written.power,
  build: (written, base, reader): PowerStep => ({
    ...base,
    kind: 'power',
    action: reader.choice(['power'], written.power, ['off', 'cut']),
  }),
});
