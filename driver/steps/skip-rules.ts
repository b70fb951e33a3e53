/** What has happened in a scenario so far, as far as it decides about the steps to come. */
export interface Progress {
  /** Number of the first step that failed. */
  failedStep?: number;
  /** Why the guest is dead, in one line. */
  death?: string;
  interrupted: boolean;
}

/**
 * Whether a step is skipped, and why; undefined when it runs. An interrupt skips all.
 * A dead guest leaves only steps that look from the host and want to run always. After a
 * failure, the steps that want to run always do.
 */
export function skipReason(
  step: { always: boolean; hostSide: boolean },
  progress: Progress,
): string | undefined {
  if (progress.interrupted) return 'interrupted';
  if (progress.death !== undefined) {
    return step.always && step.hostSide ? undefined : `the guest is dead: ${progress.death}`;
  }
  if (progress.failedStep === undefined || step.always) return undefined;
  return `step ${String(progress.failedStep)} failed`;
}
