/** One entry of an initramfs archive; `mode` with its file type bits (inode(7)). */
export interface CpioEntry {
  name: string;
  mode: number;
  data?: Buffer;
  /** Major and minor number of a device node. */
  device?: readonly [number, number];
}

const pad = (length: number): Buffer => Buffer.alloc((4 - (length % 4)) % 4);

function record(entry: CpioEntry, inode: number): Buffer {
  const name = Buffer.from(`${entry.name}\0`);
  const data = entry.data ?? Buffer.alloc(0);
  const [major, minor] = entry.device ?? [0, 0];
  const fields = [
    ...[inode, entry.mode, 0, 0, 1, 0, data.length],
    ...[0, 0, major, minor, name.length, 0],
  ];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
  return Buffer.concat([
    Buffer.from(header),
    name,
    pad(header.length + name.length),
    data,
    pad(data.length),
  ]);
}

/**
 * Builds an archive in the `newc` format that the kernel unpacks as an initramfs
 * (Linux, driver-api/early-userspace/buffer-format). All owned by root, time 0:
 * the same entries give the same bytes.
 */
export function cpioArchive(entries: readonly CpioEntry[]): Buffer {
  const records = entries.map((entry, index) => record(entry, index + 1));
  const trailer = record({ name: 'TRAILER!!!', mode: 0 }, 0);
  return Buffer.concat([...records, trailer]);
}
