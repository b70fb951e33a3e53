import { infraError, type TapbootError } from '../../errors.js';

/**
 * Reads BLOCK_IO_ERROR (qapi/block-core.json): the host could not read or write a file
 * behind a disk of the machine. QEMU pauses the guest when the host is full, and else lets
 * the guest see an I/O error; what the guest does from then on says nothing about it.
 */
export function diskTrouble(data: unknown): TapbootError {
  const told = (data ?? {}) as Record<string, unknown>;
  const text = (key: string): string => (typeof told[key] === 'string' ? told[key] : '');
  const disk = text('node-name') || text('device') || 'a disk';
  const operation = text('operation') || 'access';
  const full = told['nospace'] === true;
  return infraError(
    full ? 'TAPBOOT_E_HOST_FULL' : 'TAPBOOT_E_HOST_DISK',
    full
      ? `the host has no space left for the machine's disk ${disk}`
      : `the host cannot ${operation} the file behind the machine's disk ${disk}`,
    {
      expected: 'a host that serves the disks of its machines',
      got: `${operation}: ${text('reason') || 'no reason given'}`,
      hint: full
        ? 'Free space (`df`), or put machines elsewhere: TMPDIR.'
        : 'Is the image file damaged, or its file system? harness.log has what QEMU said.',
    },
  );
}
