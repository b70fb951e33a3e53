import { FileOutput } from '../../host/output-file.js';
import type { ReportFormat, ReportFormats } from '../report-format.js';

/** A TAP variant into a file. */
const tap = (summary: string, layout: { version: 13 | 14; flat: boolean }): ReportFormat => ({
  summary,
  target: 'file',
  product: { type: 'file', subtype: 'tap' },
  open: async ({ target = '', retries }) => {
    const { TapReporter } = await import('../tap.js');
    return new TapReporter(new FileOutput(target), { ...layout, retries });
  },
});

export const formats: ReportFormats = {
  tap: tap('TAP 14', { version: 14, flat: false }),
  'tap-flat': tap('TAP 14 without subtests: a point per step', { version: 14, flat: true }),
  tap13: tap('TAP 13', { version: 13, flat: false }),
};
