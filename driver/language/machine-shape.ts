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
}

export interface MachineDisk {
  /** `vda` … `vdz`. */
  name: string;
  sizeBytes: number;
}
