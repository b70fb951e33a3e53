import { createHash } from 'node:crypto';

/**
 * Names a list of scenarios, in whatever order: shards of one run record it, and `merge` compares
 * it with the scenarios that they have together.
 * @param ids of each execution, as the events have them
 * @returns SHA-256, hex
 */
export const listDigest = (ids: readonly string[]): string =>
  createHash('sha256')
    .update(JSON.stringify([...ids].sort()))
    .digest('hex');
