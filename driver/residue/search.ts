import { scenarioError } from '../errors.js';
import type { Search } from './scan/scan.js';

/** The name of a searched byte string in the results: text as it is, binary as `hex:…`. */
export const searchName = (value: string | Buffer): string =>
  typeof value === 'string' ? value : `hex:${value.toString('hex')}`;

/**
 * Takes the strings to search for, each once.
 * @throws TapbootError `scenario` for one that would be found everywhere: empty, or zeros only
 */
export function searches(values: readonly (string | Buffer)[]): Search[] {
  const byName = new Map<string, Search>();
  for (const value of values) {
    const name = searchName(value);
    const bytes = Buffer.from(value);
    if (bytes.every((byte) => byte === 0)) {
      throw scenarioError(
        'TAPBOOT_E_SEARCH_BLANK',
        `cannot search a disk for ${JSON.stringify(name)}`,
        {
          expected: 'a byte string with at least one byte that is not zero',
          got: bytes.length === 0 ? 'an empty string' : `${String(bytes.length)} zero bytes`,
          hint: 'Every disk holds zeros; name a marker that only the tested data has.',
        },
      );
    }
    byName.set(name, { name, bytes });
  }
  return [...byName.values()];
}
