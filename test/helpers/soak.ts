import type { Test } from 'tap';

/** True in a run of the soak (`npm run soak`), which has all the time it needs. */
export const soaking = process.env['TAPBOOT_SOAK'] === '1';

/**
 * A test that takes longer than a run of all tests can bear, in a file whose other tests stand for
 * it there. `npm run soak -- FILE` runs it; everywhere else it is told that it is left out.
 */
export async function inSoak(
  t: Test,
  name: string,
  test: (t: Test) => Promise<void>,
): Promise<void> {
  if (soaking) await t.test(name, test);
  else t.comment(`in the soak: ${name}`);
}
