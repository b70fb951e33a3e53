import { open } from 'node:fs/promises';

/** What a file is by its contents: only checked against what the SPEC says that it is. */
export type FileKind =
  | 'iso'
  | 'qcow2'
  | 'partitioned-disk'
  | 'linux-kernel'
  | 'initrd'
  | 'file-system'
  | 'compressed'
  | 'foreign-disk'
  | 'empty'
  | 'unknown';

interface Signature {
  kind: FileKind;
  /** Byte offset of the signature. */
  offset: number;
  bytes: Buffer;
  /** In words, for messages. */
  name: string;
}

const sign = (kind: FileKind, name: string, offset: number, bytes: string): Signature => ({
  kind,
  name,
  offset,
  bytes: Buffer.from(bytes, 'latin1'),
});

/**
 * Signatures in the order they are tried: formats that refer to other files first, since an ISO
 * has room for their headers; an isohybrid ISO also has a partition table, and a kernel with an
 * EFI stub also has the two bytes at the end of its first sector. Offsets: ECMA-119 8.4, qemu docs/interop/qcow2.txt, Linux Documentation/arch/x86/boot.rst (HdrS) and
 * Documentation/arch/arm64/booting.rst (ARM\x64), cpio(5), UEFI 5.3.2 (EFI PART, 512 and 4096
 * byte sectors), squashfs, erofs and ext4 documentation in the kernel tree.
 */
const SIGNATURES: readonly Signature[] = [
  sign('qcow2', 'a qcow2 image', 0, 'QFI\xfb'),
  sign('foreign-disk', 'a VMDK image', 0, 'KDMV'),
  sign('foreign-disk', 'a VMDK image', 0, 'COWD'),
  sign('foreign-disk', 'a VMDK image', 0, '# Disk DescriptorFile'),
  sign('foreign-disk', 'a VHDX image', 0, 'vhdxfile'),
  sign('foreign-disk', 'a VHD image', 0, 'conectix'),
  sign('foreign-disk', 'a VDI image', 0x40, '\x7f\x10\xda\xbe'),
  sign('iso', 'an ISO 9660 image', 0x8001, 'CD001'),
  sign('linux-kernel', 'a Linux kernel (bzImage)', 0x202, 'HdrS'),
  sign('linux-kernel', 'a Linux kernel (arm64)', 0x38, 'ARM\x64'),
  sign('linux-kernel', 'an ELF file', 0, '\x7fELF'),
  sign('initrd', 'a cpio archive', 0, '070701'),
  sign('initrd', 'a cpio archive', 0, '070702'),
  sign('compressed', 'compressed with gzip', 0, '\x1f\x8b'),
  sign('compressed', 'compressed with xz', 0, '\xfd7zXZ'),
  sign('compressed', 'compressed with zstd', 0, '\x28\xb5\x2f\xfd'),
  sign('compressed', 'compressed with lz4', 0, '\x02\x21\x4c\x18'),
  sign('compressed', 'compressed with lz4', 0, '\x04\x22\x4d\x18'),
  sign('compressed', 'compressed with bzip2', 0, 'BZh'),
  sign('compressed', 'compressed with lzma', 0, '\x5d\x00\x00'),
  sign('compressed', 'compressed with lzop', 0, '\x89LZO'),
  sign('compressed', 'a ZIP archive', 0, 'PK\x03\x04'),
  sign('partitioned-disk', 'a disk with a GPT', 512, 'EFI PART'),
  sign('partitioned-disk', 'a disk with a GPT', 4096, 'EFI PART'),
  sign('partitioned-disk', 'a disk with an MBR', 510, '\x55\xaa'),
  sign('file-system', 'a squashfs file system', 0, 'hsqs'),
  sign('file-system', 'an erofs file system', 1024, '\xe2\xe1\xf5\xe0'),
  sign('file-system', 'an ext2/3/4 file system', 1024 + 0x38, '\x53\xef'),
];

/** Bytes from the start of the file that hold every signature. */
const HEAD = 0x8001 + 5;

/**
 * Tells what a file is.
 * @returns the kind, and it in words for a message
 */
export async function fileKind(path: string): Promise<{ kind: FileKind; name: string }> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(HEAD);
    const { bytesRead } = await file.read(buffer, 0, HEAD, 0);
    if (size === 0 && bytesRead === 0) return { kind: 'empty', name: 'an empty file' };
    const head = buffer.subarray(0, bytesRead);
    const found = SIGNATURES.find(({ offset, bytes }) =>
      head.subarray(offset, offset + bytes.length).equals(bytes),
    );
    return found ?? { kind: 'unknown', name: 'a file of no known kind' };
  } finally {
    await file.close();
  }
}
