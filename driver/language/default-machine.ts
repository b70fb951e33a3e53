import type { Machine } from './machine-shape.js';

const MIB = 2 ** 20;

/** The machine of a scenario that says nothing about it. */
export const DEFAULT_MACHINE: Machine = {
  memoryBytes: 512 * MIB,
  cpus: 1,
  disks: [{ name: 'vda', sizeBytes: 4 * 2 ** 30 }],
  network: 'isolated',
};
