import { availableParallelism, freemem } from 'node:os';
import type { EntryFacts } from '../snapshots/store/eviction.js';
import type { PlannedScenario } from './work-list.js';

/**
 * What QEMU takes beside the guest's memory under TCG: its own code, the translation cache,
 * devices. Measured as resident memory of a 512 MiB guest less what the guest had touched.
 */
const OVERHEAD_BYTES = 192 * 1024 ** 2;

/** Part of the free memory that machines may take; the rest is for page cache and us. */
const MEMORY_SHARE = 0.75;

/** What a machine may take beyond what it had when it was saved, as a factor. */
const GROWTH = 1.25;

/**
 * Resident memory of machines that were saved, by their memory size: the largest of each.
 * @returns bytes that such a machine is expected to take; undefined where none was measured
 */
export function measuredResidence(
  entries: readonly Pick<EntryFacts, 'manifest'>[],
): (memoryBytes: number) => number | undefined {
  const largest = new Map<number, number>();
  for (const { manifest } of entries) {
    if (manifest?.residentBytes === undefined) continue;
    const { memoryBytes } = manifest.machine;
    largest.set(memoryBytes, Math.max(largest.get(memoryBytes) ?? 0, manifest.residentBytes));
  }
  return (memoryBytes) => {
    const measured = largest.get(memoryBytes);
    return measured === undefined
      ? undefined
      : Math.min(Math.ceil(measured * GROWTH), memoryBytes + OVERHEAD_BYTES);
  };
}

/** What the host has to give. */
export interface HostCapacity {
  cores: number;
  freeBytes: number;
}

/** Cores and available memory (`MemAvailable`) of this host. */
export const hostCapacity = (): HostCapacity => ({
  cores: availableParallelism(),
  freeBytes: freemem(),
});

/**
 * How many machines may run side by side: one a core, and no more than fit in memory. An
 * emulated machine keeps one core busy per virtual CPU, so more would only slow each other.
 * @param usualCpus what a machine has that does not say how many
 * @param residentBytes measured for a machine of that memory size; absent: its memory and an
 *   overhead, the most that it can take
 */
export function defaultWorkers(
  planned: readonly PlannedScenario[],
  { cores, freeBytes }: HostCapacity,
  residentBytes: (memoryBytes: number) => number | undefined = () => undefined,
  usualCpus = 1,
): number {
  // The usual ones are for the boot; a machine that runs steps rarely keeps more than one busy.
  const cpus = Math.max(
    1,
    ...planned.map(({ scenario: { machine } }) => (machine.cpus > usualCpus ? machine.cpus : 1)),
  );
  const byMemory = machinesInMemory(planned, freeBytes, residentBytes);
  return Math.max(1, Math.min(planned.length, byMemory, Math.floor(cores / cpus)));
}

/** How many machines of the largest kind the free memory bears. */
export function machinesInMemory(
  planned: readonly PlannedScenario[],
  freeBytes: number,
  residentBytes: (memoryBytes: number) => number | undefined,
): number {
  const largest = Math.max(
    1,
    ...planned.map(({ scenario: { machine } }) => {
      return residentBytes(machine.memoryBytes) ?? machine.memoryBytes + OVERHEAD_BYTES;
    }),
  );
  return Math.floor((freeBytes * MEMORY_SHARE) / largest);
}
