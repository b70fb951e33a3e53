import type { StepReader } from '../../language/reader.js';
import { CPU, isCpuModel } from '../../language/quantities.js';
import { DEFAULT_MACHINE } from '../../language/default-machine.js';
import type { Machine } from '../../language/machine-shape.js';
import type { WrittenMachine } from '../../language/schema/machine.js';

const MIB = 2 ** 20;
const SECTOR = 512;

/**
 * Reads a `machine` mapping (variables already filled in).
 *
 * @param reader for places below `machine`
 * @param usual what the machine is where nothing is said of it
 */
export function readMachine(
  written: WrittenMachine | undefined,
  reader: StepReader,
  usual: Machine = DEFAULT_MACHINE,
): Machine {
  if (written === undefined) return usual;
  const { memory, cpus, disks, network, firmware, display, cpu, plug } = written;
  return {
    memoryBytes:
      memory === undefined
        ? usual.memoryBytes
        : wholeSize(['memory'], memory, MIB, 'a whole number of MiB', reader),
    cpus: cpus === undefined ? usual.cpus : reader.integer(['cpus'], cpus, 1, 64),
    disks:
      disks === undefined
        ? usual.disks
        : Object.keys(disks)
            .sort()
            .map((name) => ({
              name,
              sizeBytes: wholeSize(
                ['disks', name],
                disks[name] ?? '',
                SECTOR,
                'a whole number of sectors of 512 bytes',
                reader,
              ),
            })),
    network:
      network === undefined
        ? usual.network
        : reader.choice(['network'], network, ['isolated', 'internet', 'none']),
    firmware:
      firmware === undefined ? undefined : reader.choice(['firmware'], firmware, ['bios', 'uefi']),
    display: display === true ? display : undefined,
    cpu: cpu === undefined ? undefined : cpuOf(cpu, reader),
    plug: plugOf(plug, reader),
  };
}

function plugOf(written: string | undefined, reader: StepReader): Machine['plug'] {
  if (written === undefined) return undefined;
  const when = reader.choice(['plug'], written, ['at-boot', 'after-boot']);
  return when === 'after-boot' ? when : undefined;
}

function cpuOf(written: string, reader: StepReader): string {
  if (!isCpuModel(written)) {
    reader.wrong(['cpu'], 'TAPBOOT_E_SCENARIO_VALUE', "'cpu' has a wrong value", {
      expected: CPU,
      got: JSON.stringify(written),
    });
  }
  return written;
}

/** A size that QEMU can take: a multiple of `unit`. */
function wholeSize(
  path: string[],
  written: string,
  unit: number,
  expected: string,
  reader: StepReader,
): number {
  const bytes = reader.size(path, written);
  // SECTOR is what the reader returns for a size that it has already reported.
  if (bytes % unit === 0 || bytes === SECTOR) return bytes;
  reader.wrong(
    path,
    'TAPBOOT_E_SCENARIO_VALUE',
    `'${path[path.length - 1] ?? ''}' has a wrong value`,
    { expected, got: `'${written}' (${String(bytes)} bytes)` },
  );
  return unit;
}
