import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { spawn, spawnSync } from 'node:child_process';
import { tree } from './tree.mjs';
import { say } from './progress.mjs';
import { SetupError } from './setup-error.mjs';

/**
 * Runs `work` while no other set-up works in this tree.
 *
 * The lock is flock(2) on a descriptor that this process holds: `flock FD` (util-linux) locks
 * the open file description that it shares with us and leaves. The kernel releases it when we
 * end, however we end, so there is never a stale lock to judge.
 */
export async function withTreeLock(work) {
  mkdirSync(tree.state, { recursive: true });
  const descriptor = openSync(join(tree.state, 'lock'), 'a');
  try {
    const stdio = ['ignore', 'ignore', 'inherit', descriptor];
    const first = spawnSync('flock', ['--nonblock', '3'], { stdio });
    if (first.error !== undefined) {
      throw new SetupError(
        'TAPBOOT_E_HOST_TOOL_MISSING',
        'the tool flock is missing on this host',
        {
          hint: 'install util-linux',
        },
      );
    }
    if (first.status !== 0) {
      say('set-up: another set-up is at work in this tree; waiting for it');
      await new Promise((resolve, reject) => {
        spawn('flock', ['3'], { stdio }).on('error', reject).on('close', resolve);
      });
    }
    return await work();
  } finally {
    closeSync(descriptor);
  }
}
