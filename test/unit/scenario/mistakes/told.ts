import type { Test } from 'tap';
import { complaints, type Files } from '../scenario-files.js';

/** Files with a mistake in them. */
export interface Mistake {
  /** What is wrong. */
  what: string;
  files: Files;
  /** The lines of the complaint, all of them. */
  told: string[];
}

/** Loads each and compares the whole complaint. */
export async function tellsEach(t: Test, mistakes: readonly Mistake[]): Promise<void> {
  for (const { what, files, told } of mistakes) {
    await t.test(what, async (t) => {
      t.equal(await complaints(t, files), told.join('\n'));
    });
  }
}
