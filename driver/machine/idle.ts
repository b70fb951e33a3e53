import type { CommandResult, RunOptions } from '../channel/channel.js';

/** Looks at the guest, a fifth of a second each, before it is saved as it is. */
const LOOKS = 10;

/** Of the 20 ticks of a look (USER_HZ is 100, proc(5)), those that have to be idle. */
const IDLE_TICKS = 12;

/**
 * A command that ends when the guest has had little to do for a moment, after two seconds at the
 * latest. Reads `/proc/stat` by builtins of any shell.
 */
export const UNTIL_IDLE = [
  'n=0',
  `while [ $n -lt ${String(LOOKS)} ]; do`,
  'read -r _ _ _ _ before _ < /proc/stat',
  'sleep 0.2 || break',
  'read -r _ _ _ _ after _ < /proc/stat',
  `[ $((after - before)) -lt ${String(IDLE_TICKS)} ] || break`,
  'n=$((n + 1))',
  'done',
].join('\n');

/** The part of a machine that this needs. */
interface Asked {
  run(command: string, options: RunOptions): Promise<CommandResult>;
}

/**
 * Waits for a moment in which a booted guest is done with the rest of its boot: what is under
 * way when it is saved goes on in every copy, in front of the copy's own work. Of seven snapshots
 * one had been saved busy: it took 750 ms for a trivial scenario, the others 500 to 600.
 * @throws as the command; not when the guest stays busy
 */
export async function untilIdle(machine: Asked): Promise<void> {
  await machine.run(UNTIL_IDLE, { timeoutMs: 60_000 });
}
