import type { ReportFormats } from '../report-format.js';

export const formats: ReportFormats = {
  html: {
    summary: 'one HTML file with everything in it',
    target: 'file',
    product: { type: 'report', subtype: 'html' },
    open: async ({ target }) => {
      const { HtmlReport } = await import('../html/html-report.js');
      return new HtmlReport({ file: target });
    },
  },
};
