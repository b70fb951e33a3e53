import { z } from 'zod';
import { duration, explained, line, slug } from './leaves.js';

export const nameKey = explained(
  line('one line of text'),
  'What the step shows, in one line; the default is made from what it does.',
  'the boot-time run has ended',
);

export const timeoutKey = explained(
  duration,
  'Longest time the step may take; the default is the scenario’s timeout.',
  '420s',
  '2m',
);

export const alwaysKey = explained(
  z.boolean('true or false'),
  'true: run the step also after an earlier one has failed. Default false.',
  true,
);

export const checkpointKey = explained(
  slug('a checkpoint name of small letters, digits and hyphens'),
  'Save the machine’s state under this name once the step has passed.',
  'residue-seeded',
);

/** Keys that every step may have. */
export const commonKeys = {
  name: nameKey.optional(),
  always: alwaysKey.optional(),
  timeout: timeoutKey.optional(),
  checkpoint: checkpointKey.optional(),
};
