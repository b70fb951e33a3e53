import type { Channel } from '../channel/channel.js';
import { productError } from '../errors.js';
import type { MachineDisk } from '../language/machine-shape.js';
import { withArguments } from '../quote.js';
import type { MachineParts } from './boot-sequence.js';
import type { Guest } from './guest.js';
import { pendingJobs, untilBootOver, untilDisks } from './guest-scripts/scripts.generated.js';

/** Milliseconds for the guest to say what it is still busy with. */
const EXPLAIN_MS = 10_000;

/** Milliseconds for the guest to show disks that have been plugged in; it takes tenths of a second. */
const APPEAR_MS = 60_000;

/** How long it may take. */
export interface PlugOptions {
  /** Milliseconds for all of it. */
  timeoutMs: number;
  signal?: AbortSignal;
}

/** What was plugged in, in milliseconds. */
export interface Plugged {
  disks: string[];
  /** Until no systemd job was pending. */
  waitedMs: number;
  /** From there until the guest had the disks. */
  tookMs: number;
}

/**
 * Plugs disks into a running machine once its boot is over: when no systemd job is pending, or at
 * once in a guest that is not run by systemd. From then on they are the machine's own.
 * @throws TapbootError `product` TAPBOOT_E_BOOT_NOT_OVER, naming the pending jobs;
 *   `product` TAPBOOT_E_HOT_PLUG when the guest does not show the disks
 */
export async function plugIn(
  { disks, host, name }: MachineParts,
  guest: Guest,
  wanted: readonly MachineDisk[],
  { timeoutMs, signal }: PlugOptions,
): Promise<Plugged> {
  const began = performance.now();
  const channel = await guest.channel(undefined, timeoutMs);
  const left = (): number => Math.max(1, timeoutMs - (performance.now() - began));
  const over = await guest.guard(channel.run(untilBootOver, { timeoutMs: left(), signal }));
  if (over.timedOut) throw await notOver(guest, channel, timeoutMs);
  const waitedMs = performance.now() - began;
  await disks.plug(guest.running.qmp, wanted);
  const names = wanted.map((disk) => disk.name);
  host.log(`${name}: plugged in ${names.join(', ')}`);
  const appear = withArguments(untilDisks, ...names);
  const appearMs = Math.min(left(), APPEAR_MS);
  const seen = await guest.guard(channel.run(appear, { timeoutMs: appearMs, signal }));
  if (seen.exitStatus !== 0) {
    throw productError('TAPBOOT_E_HOT_PLUG', 'the guest does not show disks that were plugged in', {
      expected: `${names.join(', ')} in /dev`,
      got: seen.timedOut ? `nothing within ${String(appearMs / 1000)} s` : seen.stdout.trim(),
      hint: 'Does its kernel support PCI hot-plug (CONFIG_HOTPLUG_PCI_ACPI)? `machine: { plug: at-boot }` does without.',
    });
  }
  return { disks: names, waitedMs, tookMs: performance.now() - began - waitedMs };
}

async function notOver(guest: Guest, channel: Channel, timeoutMs: number): Promise<Error> {
  const told = await guest.guard(channel.run(pendingJobs, { timeoutMs: EXPLAIN_MS }));
  const jobs = told.stdout.trim().split('\n').join('; ');
  return productError(
    'TAPBOOT_E_BOOT_NOT_OVER',
    `the boot is not over: after ${String(Math.round(timeoutMs / 100) / 10)} s jobs are still pending, and disks are plugged in after them`,
    {
      expected: 'no pending systemd job',
      got: jobs === '' ? 'no answer from systemctl' : jobs,
      hint: 'See `systemctl list-jobs` and the journal; `machine: { plug: at-boot }` does not wait.',
    },
  );
}
