import type { VmFacts } from '../machine/vm-host.js';
import { scenarioError } from '../errors.js';
import type { Machine } from '../language/machine-shape.js';

/** Files of a machine's disks by name, in the order in which facts have them. */
export function diskFiles(
  machine: Machine,
  { diskImage, extraDisks = [] }: VmFacts,
): Readonly<Record<string, string>> {
  const files = diskImage === undefined ? [] : [diskImage, ...extraDisks];
  return Object.fromEntries(
    machine.disks.flatMap(({ name }, index) => {
      const file = files[index];
      return file === undefined ? [] : [[name, file]];
    }),
  );
}

/**
 * The names, if the machine has a disk of each.
 * @throws TapbootError `scenario` TAPBOOT_E_DISK_UNKNOWN
 */
export function knownDisks(machine: Machine, names: readonly string[]): readonly string[] {
  const disks = machine.disks.map(({ name }) => name);
  for (const name of names) {
    if (disks.includes(name)) continue;
    throw scenarioError('TAPBOOT_E_DISK_UNKNOWN', `this machine has no disk ${name}`, {
      expected: disks.length === 0 ? 'no disk at all' : `one of ${disks.join(', ')}`,
      got: name,
    });
  }
  return names;
}
