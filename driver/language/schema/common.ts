import { z } from 'zod';
import { duration, explained, line, slug } from './leaves.js';

export const nameKey = explained(
  line('one line of text'),
  'Title of the step, one line; the default is derived from the step.',
  'the boot-time run has ended',
);

export const timeoutKey = explained(
  duration,
  'Longest time that the step may take; the default is the scenario’s timeout.',
  '420s',
  '2m',
);

export const alwaysKey = explained(
  z.boolean('true or false'),
  'true: run the step even if an earlier one has failed. Default false.',
  true,
);

export const checkpointKey = explained(
  slug('a checkpoint name of small letters, digits and hyphens'),
  'Save a snapshot of the machine under this name when the step has passed.',
  'residue-seeded',
);

/** Keys that every step may have. */
export const commonKeys = {
  name: nameKey.optional(),
  always: alwaysKey.optional(),
  timeout: timeoutKey.optional(),
  checkpoint: checkpointKey.optional(),
};
