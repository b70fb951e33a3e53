import type { Artifact } from '../events/events.js';
import { shellWords } from './shell-words.js';

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
  return shellWords(['tapboot', 'open', shown(capsule.path)]);
}
