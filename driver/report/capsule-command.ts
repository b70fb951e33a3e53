import { shellQuote } from '../shell-quote.js';
import type { Artifact } from '../events/events.js';

/** Label that a capsule has among artifacts. */
const LABEL = 'capsule';

/**
 * The command that opens the machine as it was when it failed.
 * @param shown how a path is to be shown
 * @returns undefined when none was kept
 */
export function capsuleCommand(
  artifacts: readonly Artifact[],
  shown: (path: string) => string = (path) => path,
): string | undefined {
  const capsule = artifacts.find(({ label }) => label === LABEL);
  if (capsule === undefined) return undefined;
  const path = shown(capsule.path);
  return `tapboot open ${/^[\w@%+=:,./-]+$/.test(path) ? path : shellQuote(path)}`;
}
