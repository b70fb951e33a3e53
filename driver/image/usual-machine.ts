import { availableParallelism } from 'node:os';
import { DEFAULT_MACHINE } from '../language/default-machine.js';
import type { Machine } from '../language/machine-shape.js';
import { DEFAULT_IMAGE } from './providers.js';
import { parseImageSpec } from './spec.js';

/** Bytes of memory for an image that nobody has trimmed: a live system unpacks a lot of itself. */
const FOREIGN_MEMORY = 2 * 2 ** 30;

/** A live ISO came to its prompt in 50 s with two virtual CPUs, in 58 s with one; a third gains nothing. */
const FOREIGN_CPUS = 2;

/**
 * The machine for an image, as far as a scenario leaves it open. The embedded image needs little
 * memory and boots as fast with one virtual CPU; any other gets 2 GiB and, on a host with as many
 * cores, two virtual CPUs.
 * @param spec SPEC of the image under test; absent: the embedded default
 * @param cores of the host
 */
export function usualMachine(
  spec: string | undefined,
  workingDirectory: string,
  cores = availableParallelism(),
): Machine {
  const { provider } = parseImageSpec(spec ?? DEFAULT_IMAGE, workingDirectory);
  if (provider === 'debian') return DEFAULT_MACHINE;
  return {
    ...DEFAULT_MACHINE,
    memoryBytes: FOREIGN_MEMORY,
    cpus: Math.min(FOREIGN_CPUS, cores),
  };
}
