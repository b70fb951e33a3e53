import { readFileSync, readlinkSync } from 'node:fs';
import os from 'node:os';
import { z } from 'zod';

/** Names one process of one boot of one machine; a pid alone is reused. */
export const processIdentitySchema = z.object({
  pid: z.int().positive(),
  /** Field 22 of /proc/PID/stat: clock ticks after boot (proc(5)). */
  start_ticks: z.string(),
  boot_id: z.string(),
  /** Pids mean something only within their namespace (containers share a kernel). */
  pid_namespace: z.string(),
  host: z.string(),
});
export type ProcessIdentity = z.infer<typeof processIdentitySchema>;

/** `unknown`: it may live in another container or on another machine that shares the files. */
export type Liveness = 'alive' | 'gone' | 'unknown';

/** Start time of a process, or undefined when there is no such process. */
function startTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    // The second field is the program's name in parentheses, and may hold spaces and ')'.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie (state Z) runs no longer; only its exit status waits to be collected.
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
const pidNamespace = (): string => readlinkSync('/proc/self/ns/pid');

/** Identity of a process of this machine; of this one by default. */
export function identify(pid = process.pid): ProcessIdentity {
  return {
    pid,
    start_ticks: startTicks(pid) ?? '0',
    boot_id: bootId(),
    pid_namespace: pidNamespace(),
    host: os.hostname(),
  };
}

/** Whether the process that wrote this down still runs. */
export function liveness(identity: ProcessIdentity): Liveness {
  if (identity.boot_id !== bootId()) return identity.host === os.hostname() ? 'gone' : 'unknown';
  if (identity.pid_namespace !== pidNamespace()) return 'unknown';
  return startTicks(identity.pid) === identity.start_ticks ? 'alive' : 'gone';
}

/** An identity that was written down as JSON; undefined for anything else. */
export function readIdentity(text: string | undefined): ProcessIdentity | undefined {
  try {
    return processIdentitySchema.safeParse(JSON.parse(text ?? 'null')).data;
  } catch {
    return undefined;
  }
}
