import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KnownIssues } from './known-issues/known-issues.js';
import { loadKnownIssues } from './known-issues/load.js';
import type { FailurePolicy } from './failure-policy.js';
import type { RunRequest } from './request.js';

/** Read from the working directory when no other file is named. */
export const KNOWN_ISSUES_FILE = 'known-issues.yaml';

/**
 * What the run makes of failures, from its request.
 * @throws TapbootError `scenario` for what is wrong in the file of known issues
 */
export function failurePolicy({ config, workingDirectory }: RunRequest): FailurePolicy {
  const usual = join(workingDirectory, KNOWN_ISSUES_FILE);
  const file = config.knownIssuesPath ?? (existsSync(usual) ? usual : undefined);
  const entries = file === undefined ? [] : loadKnownIssues(file, workingDirectory);
  return { retries: config.retries, knownIssues: new KnownIssues(entries) };
}
