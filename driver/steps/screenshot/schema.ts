import type { StepBase } from '../../language/step-base.js';
import { z } from 'zod';
import { commonKeys } from '../../language/schema/common.js';
import { explained, slug } from '../../language/schema/leaves.js';
import { defineKind } from '../kind.js';

/** Keeps a picture of the display. */
export interface ScreenshotStep extends StepBase {
  kind: 'screenshot';
  /** Its name, without number and suffix. */
  picture: string;
}

/** `screenshot`: a screenshot of the machine's display. */
export const kind = defineKind({
  schema: explained(
    z.strictObject({
      screenshot: explained(
        slug('a name of small letters, digits and hyphens'),
        'Name of the screenshot; the file among the run’s artifacts is STEP-NAME.png.',
        'login-screen',
      ),
      ...commonKeys,
    }),
    'Takes a screenshot of the machine’s display, which needs machine: { display: true }.',
    { screenshot: 'login-screen' },
  ),
  summary: (written) => written.screenshot,
  build: (written, base): ScreenshotStep => ({
    ...base,
    kind: 'screenshot',
    picture: written.screenshot,
  }),
});
