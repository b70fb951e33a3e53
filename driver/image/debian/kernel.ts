import { readFile, writeFile } from 'node:fs/promises';
import { infraError } from '../../errors.js';
import { runTool, type ToolContext } from './tools.js';

/**
 * Where the compressed kernel lies in a bzImage, as the boot protocol says
 * (Linux Documentation/x86/boot.rst: setup_sects at 0x1f1, payload_offset at 0x248,
 * payload_length at 0x24c; the last four bytes hold the size when unpacked).
 *
 * @throws TapbootError `TAPBOOT_E_KERNEL_FORMAT` (infra) for anything but an LZ4 bzImage.
 */
export function locatePayload(bzImage: Buffer): { start: number; end: number; size: number } {
  const isBzImage = bzImage.length > 0x250 && bzImage.toString('latin1', 0x202, 0x206) === 'HdrS';
  if (!isBzImage) throw wrongFormat('no bzImage header');
  const setupSectors = bzImage.readUInt8(0x1f1) || 4;
  const start = (setupSectors + 1) * 512 + bzImage.readUInt32LE(0x248);
  const end = start + bzImage.readUInt32LE(0x24c) - 4;
  if (end > bzImage.length || end <= start) throw wrongFormat('a payload beyond the end');
  const magic = bzImage.subarray(start, start + 4).toString('hex');
  if (magic !== '02214c18') throw wrongFormat(`a payload that begins with ${magic}`);
  return { start, end, size: bzImage.readUInt32LE(end) };
}

/**
 * tar stops reading at the first match; what dpkg-deb says of the broken pipe is of no interest
 * unless there was no match.
 */
const FIRST_KERNEL = `dpkg-deb --fsys-tarfile "$1" 2>"$2.errors" |
  tar -xO --occurrence=1 --wildcards './boot/vmlinuz-*' >"$2" && rm "$2.errors" ||
  { cat "$2.errors" >&2; exit 1; }`;

/**
 * Takes the bzImage out of a kernel package, without unpacking the modules that come behind it.
 * @param target file to write
 * @throws TapbootError `TAPBOOT_E_IMAGE_BUILD` (infra) when the package has none
 */
export async function unpackKernel(
  context: ToolContext,
  deb: string,
  target: string,
): Promise<void> {
  await runTool(context, 'sh', ['-c', FIRST_KERNEL, 'sh', deb, target]);
}

/**
 * Unpacks the ELF kernel, which QEMU starts through its PVH entry, out of a bzImage.
 * The guest then need not decompress itself, which takes seconds under emulation.
 */
export async function extractVmlinux(
  context: ToolContext,
  bzImage: string,
  vmlinux: string,
): Promise<void> {
  const image = await readFile(bzImage);
  const { start, end, size } = locatePayload(image);
  const packed = `${vmlinux}.lz4`;
  await writeFile(packed, image.subarray(start, end));
  await runTool(context, 'lz4', ['-d', '-f', '-q', '--rm', packed, vmlinux]);
  const elf = await readFile(vmlinux);
  if (elf.length !== size || elf.toString('latin1', 1, 4) !== 'ELF') {
    throw wrongFormat(`${String(elf.length)} bytes unpacked instead of ${String(size)}`);
  }
}

const wrongFormat = (got: string): Error =>
  infraError('TAPBOOT_E_KERNEL_FORMAT', 'the kernel package holds an unexpected kernel', {
    expected: 'a bzImage with an LZ4 payload',
    got,
  });
