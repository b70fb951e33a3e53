import { realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { infraError } from '../../errors.js';
import { hostCommand } from '../../host/command.js';
import type { QemuBinary } from '../../machine/qemu/version.js';

/** Gives the SHA-256 (hex) of a file; remembered by whoever makes it. */
export type FileDigest = (path: string) => Promise<string>;

/** Firmware that QEMU loads by itself, from its own directories, for machine `pc`. */
const ROMS = ['bios-256k.bin', 'kvmvapic.bin', 'linuxboot_dma.bin', 'pvh.bin'];

/**
 * Digests of QEMU's executable and of the ROMs it loads by itself: a distribution replaces
 * either without a new version number.
 * @throws TapbootError `infra` TAPBOOT_E_QEMU_MISSING when there is no such program
 */
export async function qemuFiles(
  qemu: Pick<QemuBinary, 'executable'>,
  digest: FileDigest,
): Promise<Record<string, string>> {
  const [executable, directories] = await Promise.all([
    located(qemu.executable),
    dataDirectories(qemu.executable),
  ]);
  const roms = ROMS.map(async (name): Promise<[string, string]> => {
    for (const directory of directories) {
      const found = await digest(join(directory, name)).catch(() => undefined);
      if (found !== undefined) return [name, found];
    }
    return [name, 'none'];
  });
  const program: [string, string] = [basename(qemu.executable), await digest(executable)];
  return Object.fromEntries([program, ...(await Promise.all(roms))]);
}

/** The file behind a program's name. */
async function located(program: string): Promise<string> {
  const found = await hostCommand('sh', ['-c', 'command -v -- "$1"', 'sh', program]);
  if (found.exitCode === 0) return await realpath(found.stdout.trim());
  throw infraError('TAPBOOT_E_QEMU_MISSING', `${program} cannot be found`, {
    hint: 'Run `tapboot doctor`; it names what is missing and the command that installs it.',
  });
}

/** Where this QEMU looks for ROMs, best first (`-L help`). */
async function dataDirectories(executable: string): Promise<string[]> {
  const { stdout } = await hostCommand(executable, ['-L', 'help']);
  return stdout.split('\n').filter((line) => line.startsWith('/'));
}
