/** A process that the kernel has killed for want of memory. */
export interface OomKill {
  pid: number;
  name: string;
}

/**
 * Reads the kernel log for OOM kills. With a low console log level they show there only.
 * The lines are `Out of memory: Killed process PID (NAME)` and `Memory cgroup out of
 * memory: Killed process PID (NAME)` (Linux, mm/oom_kill.c, __oom_kill_process).
 */
export function findOomKills(dmesg: string): OomKill[] {
  const line = /\b(?:Out of memory|out of memory): Kill(?:ed)? process (\d+) \((.*?)\)(?=[ ,]|$)/gm;
  return [...dmesg.matchAll(line)].map(([, pid = '0', name = '']) => ({ pid: Number(pid), name }));
}

/** `2 processes killed for want of memory: a (12), b (13)` */
export function oomWords(kills: readonly OomKill[]): string {
  const list = kills.map(({ name, pid }) => `${name} (${String(pid)})`).join(', ');
  const count = kills.length === 1 ? '1 process' : `${String(kills.length)} processes`;
  return `${count} killed for want of memory: ${list}`;
}
