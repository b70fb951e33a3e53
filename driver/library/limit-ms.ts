import { scenarioError } from '../errors.js';
import { LONGEST, LONGEST_MS } from '../language/quantities.js';

/**
 * Milliseconds of a `timeoutMs` option.
 * @param given as the test has it; undefined for the default
 * @throws TapbootError `scenario` TAPBOOT_E_LIMIT for what is no time, or longer than 7 days
 */
export function limitMs(given: number | undefined, byDefault: number): number {
  const ms = given ?? byDefault;
  if (ms > 0 && ms <= LONGEST_MS) return ms;
  throw scenarioError('TAPBOOT_E_LIMIT', 'timeoutMs has a value that cannot be used', {
    expected: `milliseconds, more than 0 and ${LONGEST} (${String(LONGEST_MS)})`,
    got: String(ms),
  });
}
