import { scenarioError } from '../errors.js';
import { DEFAULT_MACHINE } from '../language/default-machine.js';
import type { Machine, MachineDisk } from '../language/machine-shape.js';
import { CPU, isCpuModel, parseSize } from '../language/quantities.js';

/** A size in bytes, or as scenarios write it: `512M`, `1.5G`. */
export type Size = number | string;

/** The machine that a test wants; what is left out is as in a scenario that says nothing. */
export interface MachineOptions {
  /** Memory, a whole number of MiB. Default 512M, for images other than the embedded one 2G. */
  memory?: Size;
  /** Virtual CPUs, 1 to 64. Default 1, for images other than the embedded one 2. */
  cpus?: number;
  /** Blank virtio disks by name, `vda` first and without gaps. Default `{ vda: '4G' }`. */
  disks?: Record<string, Size>;
  /** `isolated` (default): only the driver's SSH forward; `internet`; `none`: no network card. */
  network?: Machine['network'];
  /** Default: the firmware path of the image SPEC. */
  firmware?: 'bios' | 'uefi';
  /** A VGA card, for pictures of it at failures. Default false. */
  display?: boolean;
  /** CPU model under TCG and its features: `max`, `Nehalem,+avx2`. Default: a lean one. */
  cpu?: string;
  /** `after-boot`: disks but the first are plugged in once no systemd job is pending. Default `at-boot`. */
  plug?: 'at-boot' | 'after-boot';
}

const MIB = 2 ** 20;
const SECTOR = 512;
const NETWORKS: readonly string[] = ['isolated', 'internet', 'none'];
const FIRMWARE: readonly string[] = ['bios', 'uefi'];
const PLUGS: readonly string[] = ['at-boot', 'after-boot'];

/**
 * The machine that options describe.
 * @param usual what it is where they say nothing; default: that of the embedded image
 * @throws TapbootError `scenario` TAPBOOT_E_MACHINE_OPTION, naming the option
 */
export function machineOf(options: MachineOptions = {}, usual = DEFAULT_MACHINE): Machine {
  const { memory, cpus = usual.cpus, disks, network, firmware, display, cpu } = options;
  const plug = oneOf('plug', options.plug ?? 'at-boot', PLUGS);
  if (!Number.isInteger(cpus) || cpus < 1 || cpus > 64) {
    throw wrong('cpus', 'a whole number from 1 to 64', cpus);
  }
  if (cpu !== undefined && !isCpuModel(cpu)) throw wrong('cpu', CPU, cpu);
  return {
    memoryBytes: memory === undefined ? usual.memoryBytes : bytesOf('memory', memory, MIB, 'MiB'),
    cpus,
    disks: disks === undefined ? usual.disks : disksOf(disks),
    network: oneOf('network', network ?? usual.network, NETWORKS),
    firmware: firmware === undefined ? undefined : oneOf('firmware', firmware, FIRMWARE),
    display: display === true ? display : undefined,
    cpu,
    plug: plug === 'after-boot' ? plug : undefined,
  };
}

function disksOf(disks: Record<string, Size>): MachineDisk[] {
  const names = Object.keys(disks).sort();
  return names.map((name, index) => {
    const expected = `vd${String.fromCharCode('a'.charCodeAt(0) + index)}`;
    if (name !== expected) throw wrong('disks', `vda, vdb, … without gaps; here ${expected}`, name);
    const sizeBytes = bytesOf(`disks.${name}`, disks[name] ?? '', SECTOR, 'sectors of 512 bytes');
    return { name, sizeBytes };
  });
}

function bytesOf(option: string, size: Size, unit: number, units: string): number {
  const bytes = typeof size === 'number' ? size : parseSize(size);
  if (bytes !== undefined && Number.isSafeInteger(bytes) && bytes > 0 && bytes % unit === 0) {
    return bytes;
  }
  throw wrong(option, `a size such as 512M or 1.5G, a whole number of ${units}`, size);
}

/** Also for callers whom no type checker has told. */
function oneOf<T extends string>(option: string, value: T, choices: readonly string[]): T {
  if (choices.includes(value)) return value;
  throw wrong(option, `one of ${choices.join(', ')}`, value);
}

const wrong = (option: string, expected: string, got: string | number): Error =>
  scenarioError('TAPBOOT_E_MACHINE_OPTION', `the machine option '${option}' has a wrong value`, {
    expected,
    got: String(got),
  });
