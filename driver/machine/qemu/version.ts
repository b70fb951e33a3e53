import { infraError } from '../../errors.js';
import { hostCommand } from '../../host/command.js';

/** The QEMU at hand. */
export interface QemuBinary {
  /** Path as it will be executed. */
  executable: string;
  /** First line of `--version`, e.g. `QEMU emulator version 7.2.22 (Debian …)`. */
  version: string;
  major: number;
  minor: number;
}

/**
 * Asks a QEMU for its version.
 * @throws TapbootError `infra` TAPBOOT_E_QEMU_MISSING when it cannot be run
 */
export async function identifyQemu(executable = 'qemu-system-x86_64'): Promise<QemuBinary> {
  const result = await hostCommand(executable, ['--version']);
  const match = /version (\d+)\.(\d+)/.exec(result.stdout);
  if (result.exitCode !== 0 || match === null) {
    throw infraError('TAPBOOT_E_QEMU_MISSING', `${executable} cannot be run`, {
      expected: 'QEMU for x86_64 (Debian package qemu-system-x86)',
      got: result.exitCode === 0 ? result.stdout : result.ending,
      hint: 'Run `tapboot doctor`; it names what is missing and the command that installs it.',
    });
  }
  return {
    executable,
    version: (result.stdout.split('\n')[0] ?? '').trim(),
    major: Number(match[1]),
    minor: Number(match[2]),
  };
}

/**
 * What a guest gets under TCG: the x86-64 baseline with the instructions that libraries look for
 * most. A guest that finds wide vectors uses them, and each of them costs the emulator many
 * instructions: a live ISO needed 54 CPU seconds to its prompt with this model and 78 with `max`
 * (measured, docs/decisions/0013-lean-cpu-model.md).
 *
 * `aes` needs `pclmulqdq`: Linux 6.1's aesni_intel asks for the first and uses both, and its self-test
 * at boot is an oops without.
 */
export const LEAN_CPU = 'qemu64,+ssse3,+sse4.1,+sse4.2,+aes,+pclmulqdq,+popcnt';

/**
 * CPU model for a guest on the emulator at hand, and why.
 *
 * Linux 6.12 under TCG of QEMU 7.2 takes double faults within a few RAID cycles; with
 * cmpxchg16b masked (`-cx16`) it ran clean, as it does unmasked on QEMU 10.0 (measured,
 * docs/decisions/0013-lean-cpu-model.md). The releases between were not measured, so
 * everything before 10 is masked.
 * @param wanted what the scenario asks for, see CPU_PATTERN; ignored under KVM
 */
export function cpuModel(
  qemu: Pick<QemuBinary, 'major'>,
  accelerator: 'kvm' | 'tcg',
  wanted?: string,
): { model: string; reason: string } {
  if (accelerator === 'kvm') return { model: 'host', reason: 'KVM: the host CPU as it is' };
  const model = wanted ?? LEAN_CPU;
  if (qemu.major >= 10) return { model, reason: 'TCG: what is fast to emulate' };
  return {
    model: `${model},-cx16`,
    reason: `TCG of QEMU ${String(qemu.major)} corrupts Linux 6.12 guests with cmpxchg16b: masked`,
  };
}
