import { EventsFile } from '../../record/events-file.js';
import type { ReportFormats } from '../report-format.js';

export const formats: ReportFormats = {
  events: {
    summary: 'all events of the run, one JSON object a line',
    target: 'file',
    product: { type: 'file', subtype: 'jsonl' },
    open: ({ target = '' }) => new EventsFile(target),
  },
};
