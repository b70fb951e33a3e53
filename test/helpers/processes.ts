import { readdirSync, readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** A file below /proc/PID; empty when the process is gone. */
function look(pid: string, file: 'environ' | 'cmdline' | 'stat'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}

/**
 * Processes, whoever their parent is now, that were started with `TMPDIR=temporary`. One that
 * has ended and was not waited for (a zombie) has no environment any more and does not count.
 */
export function processesOf(temporary: string): number[] {
  const mark = `\0TMPDIR=${temporary}\0`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && `\0${look(name, 'environ')}`.includes(mark))
    .map(Number);
}

/** Those of them that are QEMU, as tapboot starts it. */
export function qemuProcesses(temporary: string): number[] {
  return processesOf(temporary).filter((pid) => {
    const argv = look(String(pid), 'cmdline').split('\0');
    return (
      /qemu-system-\w+$/.test(argv[0] ?? '') && /\0-name\0guest=tapboot-/.test(argv.join('\0'))
    );
  });
}

/** QEMU processes with files in `directory`, also those that this process has started. */
export function qemuIn(directory: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      const argv = look(name, 'cmdline');
      return /^[^\0]*qemu-system-\w+\0/.test(argv) && argv.includes(`${directory}/`);
    })
    .map(Number);
}

/** Waits for the end of all such processes. @returns those that are left after `ms` */
export async function untilGone(temporary: string, ms = 10_000): Promise<number[]> {
  const deadline = performance.now() + ms;
  for (;;) {
    const left = processesOf(temporary);
    if (left.length === 0 || performance.now() > deadline) return left;
    await sleep(50);
  }
}
