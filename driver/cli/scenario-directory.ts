import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Outside } from './outside.js';

/**
 * Where scenarios are looked for when none is named: `scenarios/` of the working directory,
 * else the ones that come with tapboot.
 */
export function scenarioDirectory(
  outside: Pick<Outside, 'workingDirectory' | 'projectRoot'>,
): string {
  const own = join(outside.workingDirectory, 'scenarios');
  return existsSync(own) ? own : join(outside.projectRoot, 'scenarios');
}
