import { resolve } from 'node:path';
import { scenarioError } from '../errors.js';
import { suggestion } from '../language/problem.js';
import { reportFormats } from './formats.generated.js';
import type { ReportFormat } from './report-format.js';

/** One `--report`, understood. */
export interface ReportRequest {
  name: string;
  format: ReportFormat;
  /** Absolute. */
  target?: string;
}

/** What decides whether a report needs a target. */
export interface ReportPlace {
  workingDirectory: string;
  /** `$GITHUB_ACTIONS` is set: annotations printed on stderr reach their reader. */
  githubActions: boolean;
}

/**
 * Reads the values of `--report`: `NAME=FILE`, `hydra=DIR`, `github`.
 * @throws TapbootError `scenario` TAPBOOT_E_REPORT
 */
export function parseReports(values: readonly string[], place: ReportPlace): ReportRequest[] {
  const requests = values.map((value) => parseReport(value, place));
  const targets = requests.flatMap(({ target }) => (target === undefined ? [] : [target]));
  const twice = targets.find((target, index) => targets.indexOf(target) !== index);
  if (twice === undefined) return requests;
  throw scenarioError('TAPBOOT_E_REPORT', 'two reports have the same target', {
    expected: 'a different file for each report',
    got: twice,
  });
}

function parseReport(value: string, place: ReportPlace): ReportRequest {
  const [, name = '', written] = /^([^=]*)(?:=(.*))?$/s.exec(value) ?? [];
  const format = Object.hasOwn(reportFormats, name) ? reportFormats[name] : undefined;
  if (format === undefined) {
    const names = Object.keys(reportFormats);
    throw scenarioError('TAPBOOT_E_REPORT', `there is no report '${name}'`, {
      expected: `NAME=FILE, NAME one of ${names.join(', ')}`,
      got: value,
      hint: suggestion(name, names),
    });
  }
  if (written !== undefined && written !== '') {
    return { name, format, target: resolve(place.workingDirectory, written) };
  }
  if (format.target === 'optional file' && written === undefined && place.githubActions) {
    return { name, format };
  }
  const what = format.target === 'directory' ? 'DIR' : 'FILE';
  const outside = format.target === 'optional file' ? ' outside of GitHub Actions' : '';
  throw scenarioError('TAPBOOT_E_REPORT', `the report ${name} needs a target${outside}`, {
    expected: `--report ${name}=${what}`,
    got: `--report ${value}`,
  });
}
