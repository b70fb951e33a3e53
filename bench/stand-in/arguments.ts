/** What the incumbent's way boots: an ISO, raw disks, one forwarded port. */
export interface StandInMachine {
  iso: string;
  /** Raw disks: vda, vdb, … */
  disks: readonly string[];
  /** Port of 127.0.0.1 that leads to the guest's port 22. */
  sshPort: number;
}

/** QEMU takes a comma in a file's name for two. */
const fileName = (path: string): string => path.replaceAll(',', ',,');

/**
 * QEMU's arguments as the incumbent harness gives them, from the command that its ledger recorded:
 * no `-cpu`, no `-accel`, all of BIOS and emulated CD.
 */
export function standInArguments({ iso, disks, sshPort }: StandInMachine): string[] {
  const drives = disks.flatMap((path) => ['-drive', `file=${fileName(path)},if=virtio,format=raw`]);
  return [
    ...['-m', '2048', '-smp', '2', '-display', 'none', '-no-reboot', '-boot', 'd'],
    ...['-serial', 'stdio', '-cdrom', iso],
    ...drives,
    ...['-device', 'virtio-rng-pci'],
    ...['-netdev', `user,id=net0,hostfwd=tcp:127.0.0.1:${String(sshPort)}-:22`],
    ...['-device', 'virtio-net-pci,netdev=net0'],
  ];
}
