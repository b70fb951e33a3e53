import type { KernelCommandLine, MachineOrigin } from './events.js';

/** What is learnt of a VM on the way, for the record. Seconds count from the start of QEMU. */
export interface VmFacts {
  /** Told before its QEMU starts. */
  origin?: MachineOrigin;
  ssh?: { host: string; port: number; executable?: string };
  /** How it came from power-on to its kernel. */
  bootPath?: 'direct' | 'bios' | 'uefi';
  diskImage?: string;
  extraDisks?: string[];
  /** Disks that were plugged in when the boot was over. */
  pluggedAfterBoot?: string[];
  /** A usable console. */
  bootToLoginSeconds?: number;
  /** An SSH command has returned, not: an address was seen. */
  bootToSshSeconds?: number;
  kernel?: KernelCommandLine;
  /** Of a second machine: what it was booted from. */
  image?: { spec: string; identity: string };
}
