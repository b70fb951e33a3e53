import type { Signature } from '../signatures/signature.js';

/** The type of such a finding. */
export const notLookedAtType = 'not_looked_at';

/**
 * The finding for a part of a disk that a limit keeps from being taken apart: what was not
 * looked at cannot be called clean.
 * @param offset where looking stopped
 * @param why the limit, as the beginning of a sentence
 */
export const notLookedAt = (offset: number, why: string): Signature => ({
  kind: 'partition-table',
  type: notLookedAtType,
  offset,
  length: 0,
  what: `${why}: too much to look at`,
  detail: {},
});
