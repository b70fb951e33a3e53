import { z } from 'zod';
import { commonKeys } from '../../language/schema/common.js';
import { explained, slug } from '../../language/schema/leaves.js';
import { defineKind } from '../kind.js';

/** `screenshot`: a picture of the machine's display. */
export const screenshot = defineKind({
  schema: explained(
    z.strictObject({
      screenshot: explained(
        slug('a name of small letters, digits and hyphens'),
        'What the picture is called; with the step’s number before it and .png behind it, its file among the run’s artifacts.',
        'login-screen',
      ),
      ...commonKeys,
    }),
    'Keeps a picture of the machine’s display, which needs machine: { display: true }.',
    { screenshot: 'login-screen' },
  ),
  summary: (written) => written.screenshot,
  build: (written, base) => ({ ...base, kind: 'screenshot', picture: written.screenshot }),
});
