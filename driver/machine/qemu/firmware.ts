import { constants } from 'node:fs';
import { access, copyFile } from 'node:fs/promises';
import { infraError } from '../../errors.js';
import type { UefiFirmware } from './arguments.js';

/** Where distributions put OVMF: code and the pristine variable store, best first. */
const CANDIDATES: readonly (readonly [string, string])[] = [
  ['/usr/share/OVMF/OVMF_CODE_4M.fd', '/usr/share/OVMF/OVMF_VARS_4M.fd'],
  ['/usr/share/OVMF/OVMF_CODE.fd', '/usr/share/OVMF/OVMF_VARS.fd'],
  ['/usr/share/qemu/edk2-x86_64-code.fd', '/usr/share/qemu/edk2-i386-vars.fd'],
  ['/usr/share/edk2/x64/OVMF_CODE.4m.fd', '/usr/share/edk2/x64/OVMF_VARS.4m.fd'],
  ['/run/libvirt/nix-ovmf/OVMF_CODE.fd', '/run/libvirt/nix-ovmf/OVMF_VARS.fd'],
];

const readable = async (path: string): Promise<boolean> =>
  await access(path, constants.R_OK).then(
    () => true,
    () => false,
  );

/**
 * Finds UEFI firmware: its code, and the pristine variable store.
 * @param override `CODE:VARS`, from TAPBOOT_OVMF; used alone when given
 * @throws TapbootError `infra` TAPBOOT_E_FIRMWARE_MISSING listing the places looked at
 */
export async function findFirmware(override?: string): Promise<{ code: string; pristine: string }> {
  const candidates =
    override === undefined
      ? CANDIDATES
      : [override.split(':').slice(0, 2) as unknown as readonly [string, string]];
  for (const [code, pristine] of candidates) {
    if ((await readable(code)) && (await readable(pristine))) return { code, pristine };
  }
  throw infraError('TAPBOOT_E_FIRMWARE_MISSING', 'no UEFI firmware was found', {
    expected: candidates.map((pair) => pair.join(' with ')).join(', or '),
    hint: 'Install the Debian package ovmf, or set TAPBOOT_OVMF=CODE.fd:VARS.fd.',
  });
}

/**
 * Finds UEFI firmware and makes a machine's own variable store from the pristine one.
 * @param variables path of the new variable store
 * @param override see {@link findFirmware}
 * @throws TapbootError `infra` TAPBOOT_E_FIRMWARE_MISSING
 */
export async function uefiFirmware(variables: string, override?: string): Promise<UefiFirmware> {
  const { code, pristine } = await findFirmware(override);
  await copyFile(pristine, variables);
  return { code, variables };
}
