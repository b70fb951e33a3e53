/** The shape of a machine: sizes in bytes. */

/** What a scenario needs of a VM. Equal machines can share a boot. */
export interface Machine {
  memoryBytes: number;
  cpus: number;
  /** In order, contiguous from `vda`. Sizes are multiples of 512 bytes. */
  disks: MachineDisk[];
  /** `isolated`: only the driver's SSH forward; `internet`: may go out; `none`: no NIC. */
  network: 'isolated' | 'internet' | 'none';
  /** Absent: the firmware path of the image SPEC. */
  firmware?: 'bios' | 'uefi';
  /** A VGA card, for pictures of it. */
  display?: true;
  /** CPU model under TCG, as QEMU's `-cpu` takes it. Absent: the lean one. */
  cpu?: string;
  /** Disks but the first are plugged in once the boot is over. Absent: all are there at boot. */
  plug?: 'after-boot';
}

/** The machine as it is booted: without the disks that are plugged in later. */
export function machineAtBoot(machine: Machine): Machine {
  const { plug, ...booted } = machine;
  return plug === undefined ? machine : { ...booted, disks: machine.disks.slice(0, 1) };
}

export interface MachineDisk {
  /** `vda` … `vdz`. */
  name: string;
  sizeBytes: number;
}
