/** One member of a cpio archive; directories come before what lies in them. */
export type CpioEntry =
  | { kind: 'directory'; path: string; mode: number }
  | { kind: 'file'; path: string; mode: number; content: Uint8Array }
  | { kind: 'symlink'; path: string; target: string }
  /** A character device; `device` is its major and minor number. */
  | { kind: 'character'; path: string; mode: number; device: readonly [number, number] };

const TYPE_BITS = {
  directory: 0o040000,
  file: 0o100000,
  symlink: 0o120000,
  character: 0o020000,
} as const;

/**
 * Writes a `newc` archive as the kernel's initramfs unpacker reads it (Linux
 * Documentation/driver-api/early-userspace/buffer-format.rst): thirteen fields of eight
 * hex digits after the magic, name and data each padded to four bytes. Everything is
 * owned by root and carries the same time, so equal entries give equal bytes. The
 * result is padded to 512 bytes, so that archives can be strung together.
 *
 * @param mtime seconds since the epoch, for every entry.
 */
export function packCpio(entries: readonly CpioEntry[], mtime: number): Buffer {
  const parts: Buffer[] = [];
  let inode = 1;
  for (const entry of entries) {
    const data =
      entry.kind === 'file'
        ? Buffer.from(entry.content)
        : Buffer.from(entry.kind === 'symlink' ? entry.target : '');
    const permissions = entry.kind === 'symlink' ? 0o777 : entry.mode;
    parts.push(
      ...member(entry.path, data, {
        inode: inode++,
        mode: TYPE_BITS[entry.kind] | permissions,
        links: entry.kind === 'directory' ? 2 : 1,
        mtime,
        device: entry.kind === 'character' ? entry.device : undefined,
      }),
    );
  }
  parts.push(...member('TRAILER!!!', Buffer.alloc(0), { inode: 0, mode: 0, links: 1, mtime: 0 }));
  const archive = Buffer.concat(parts);
  return Buffer.concat([archive, padding(archive.length, 512)]);
}

interface MemberFields {
  inode: number;
  mode: number;
  links: number;
  mtime: number;
  device?: readonly [number, number];
}

function member(path: string, data: Buffer, fields: MemberFields): Buffer[] {
  const name = Buffer.from(`${path}\0`);
  const numbers = [
    fields.inode,
    fields.mode,
    0, // uid
    0, // gid
    fields.links,
    fields.mtime,
    data.length,
    0, // device major
    0, // device minor
    ...(fields.device ?? [0, 0]),
    name.length,
    0, // checksum, unused in this variant
  ];
  const header = Buffer.from(
    '070701' + numbers.map((number) => number.toString(16).padStart(8, '0')).join(''),
  );
  return [header, name, padding(header.length + name.length, 4), data, padding(data.length, 4)];
}

const padding = (length: number, unit: number): Buffer =>
  Buffer.alloc((unit - (length % unit)) % unit);
