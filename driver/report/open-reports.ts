import { textVariable, type Environment } from '../host/environment.js';
import type { Sink } from './output.js';
import { parseReports } from './report-request.js';
import { Reports } from './reports.js';

/** A stream of the process, or a test's stand-in. */
export type Terminal = Sink & { write(text: string): boolean };

/** What reports are opened from. */
export interface ReportsRequest {
  /** Each `NAME=TARGET`. */
  reports: readonly string[];
  workingDirectory: string;
  environment: Environment;
  stderr: Sink;
  /** Scenarios may have several attempts. */
  retries: boolean;
}

/**
 * Opens what `--report` asks for.
 * @throws TapbootError `scenario` for a wrong request, `infra` for a place that takes no file
 */
export async function openReports(request: ReportsRequest): Promise<Reports> {
  const { environment, workingDirectory, retries } = request;
  const requests = parseReports(request.reports, {
    workingDirectory,
    githubActions: environment['GITHUB_ACTIONS'] === 'true',
  });
  const summary = textVariable(environment, 'GITHUB_STEP_SUMMARY');
  const workspace = textVariable(environment, 'GITHUB_WORKSPACE');
  return await Reports.open(requests, {
    workingDirectory,
    retries,
    stderr: request.stderr,
    stepSummary: summary,
    workspace,
  });
}
