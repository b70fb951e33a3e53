/** What is known of one scenario of a run, in seconds. */
export interface Forecast {
  /** By the ledger; undefined when it never passed. */
  expected: number | undefined;
  state: 'waiting' | 'running' | 'ended';
  /** Since it began; when it has ended, all that it took. */
  elapsed: number;
}

/**
 * About how many seconds a run still takes: what is left of each scenario, divided among the
 * workers, and never less than the longest one that runs. A scenario that was never measured
 * counts as the middle one of those that are known, by the ledger or by now.
 * @returns undefined when nothing is known of any scenario
 */
export function remainingSeconds(
  scenarios: readonly Forecast[],
  workers: number,
): number | undefined {
  const known = scenarios.flatMap(({ expected, state, elapsed }) =>
    state === 'ended' ? [elapsed] : expected === undefined ? [] : [expected],
  );
  const usual = known.sort((a, b) => a - b)[known.length >> 1];
  if (usual === undefined) return undefined;
  const left = scenarios
    .filter(({ state }) => state !== 'ended')
    .map(({ expected = usual, elapsed }) => Math.max(0, expected - elapsed));
  const sum = left.reduce((total, seconds) => total + seconds, 0);
  const longest = Math.max(
    0,
    ...scenarios
      .filter(({ state }) => state === 'running')
      .map(({ expected = usual, elapsed }) => expected - elapsed),
  );
  return Math.max(longest, sum / Math.max(1, workers));
}
