import { performance } from 'node:perf_hooks';
import { reclaimWorkspaces, Workspace } from '../machine/workspace.js';
import type { BootImageVM } from '../machine/boot-image-vm.js';
import type { VmHost } from '../machine/vm-host.js';
import { guestSession } from '../interactive/guest-session.js';
import type { Outside } from './outside.js';
import { interruptSignal } from './interrupt.js';

/** What a command does in a workspace that goes when it ends. */
export interface Edge {
  workspace: string;
  signal: AbortSignal;
  /** A line on stderr. */
  say: (line: string) => void;
}

/** Runs `work` with a private workspace and with signals turned into an abort. */
export async function inWorkspace<T>(
  { stderr }: Outside,
  work: (edge: Edge) => Promise<T>,
): Promise<T> {
  const { signal, release } = interruptSignal('ending');
  try {
    await reclaimWorkspaces();
    await using workspace = await Workspace.create();
    const say = (line: string): void => {
      stderr.write(`tapboot: ${line}\n`);
    };
    return await work({ workspace: workspace.directory, signal, say });
  } finally {
    release();
  }
}

/**
 * Hands a machine to whoever called: a command, a script on stdin, or a terminal.
 * @param started `performance.now()` from which the time to the first prompt counts
 * @returns exit status of what was run
 */
export async function handOver(
  outside: Outside,
  { vm, host }: { vm: BootImageVM; host: VmHost },
  command: readonly string[],
  started: number,
  { signal, say }: Edge,
): Promise<number> {
  const { stdin, stdout, stderr, environment } = outside;
  return await guestSession({
    vm,
    host,
    command,
    stdin,
    stdout,
    stderr,
    signal,
    terminalType: environment['TERM'] ?? 'vt100',
    ready: () => {
      const seconds = ((performance.now() - started) / 1000).toFixed(2);
      say(`ready after ${seconds} s`);
    },
  });
}
