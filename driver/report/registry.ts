import type { HydraProduct, ReportFormat } from './report-format.js';

const TAP_PRODUCT: HydraProduct = { type: 'file', subtype: 'tap' };

/** A TAP variant into a file. */
function tap(summary: string, layout: { version: 13 | 14; flat: boolean }): ReportFormat {
  return {
    summary,
    target: 'file',
    product: TAP_PRODUCT,
    open: async (context) => {
      const [{ FileOutput }, { TapReporter }] = await Promise.all([
        import('../host/output-file.js'),
        import('./tap.js'),
      ]);
      const { retries } = context;
      return new TapReporter(new FileOutput(context.target ?? ''), { ...layout, retries });
    },
  };
}

/** All formats by their name: a new one is one entry here. */
export const REPORT_FORMATS: Readonly<Record<string, ReportFormat>> = {
  junit: {
    summary: 'JUnit XML, as GitLab and Jenkins read it',
    target: 'file',
    product: { type: 'report', subtype: 'junit' },
    open: async (context) => (await import('./formats/junit.js')).junitReport(context),
  },
  github: {
    summary: 'GitHub annotations, and the step summary',
    target: 'optional file',
    open: async (context) => (await import('./formats/github.js')).githubReport(context),
  },
  hydra: {
    summary: 'hydra-build-products, hydra-metrics, failed',
    target: 'directory',
    open: async (context) => (await import('./formats/hydra.js')).hydraReport(context),
  },
  tap: tap('TAP 14', { version: 14, flat: false }),
  'tap-flat': tap('TAP 14 without subtests: a point per step', { version: 14, flat: true }),
  tap13: tap('TAP 13', { version: 13, flat: false }),
  html: {
    summary: 'one HTML file with everything in it',
    target: 'file',
    product: { type: 'report', subtype: 'html' },
    open: async (context) => {
      const { HtmlReport } = await import('./html/html-report.js');
      return new HtmlReport({ file: context.target });
    },
  },
  events: {
    summary: 'all events of the run, one JSON object a line',
    target: 'file',
    product: { type: 'file', subtype: 'jsonl' },
    open: async (context) =>
      new (await import('../record/events-file.js')).EventsFile(context.target ?? ''),
  },
};
