import type { ErrorCode } from '../../error-codes.js';
import type { FindingKind } from './panic-patterns.js';
import type { DeathWords } from './death.js';

/** How QEMU ended; see `machine/qemu/process.ts`. */
export interface QemuExitLike {
  code: number | undefined;
  signal?: string | undefined;
  stderr: string;
}

/** What an event of QEMU's monitor says of the end of a guest. */
export interface ShutdownCause {
  code: ErrorCode<'guest-dead'>;
  message: string;
  reason: string;
  /** It is no death when this was asked for. */
  asked?: 'poweroff' | 'reboot';
}

/**
 * Reads SHUTDOWN and RESET (qapi/run-state.json, ShutdownCause).
 * @returns undefined for what the host did: the end of the process tells that
 */
export function shutdownCause(name: string, data: unknown): ShutdownCause | undefined {
  const reason = reasonOf(data);
  if (reason === 'guest-panic') {
    return { code: 'TAPBOOT_E_GUEST_PANIC', message: 'kernel panic', reason };
  }
  if (reason === 'guest-reset' || (name === 'RESET' && reason === 'guest')) {
    const message = 'the guest restarted unasked';
    return { code: 'TAPBOOT_E_GUEST_REBOOT', message, reason, asked: 'reboot' };
  }
  if (reason === 'guest-shutdown') {
    const message = 'the guest powered itself off unasked';
    return { code: 'TAPBOOT_E_GUEST_POWEROFF', message, reason, asked: 'poweroff' };
  }
  return undefined;
}

function reasonOf(data: unknown): string {
  if (typeof data !== 'object' || data === null) return '';
  if ('reason' in data && typeof data.reason === 'string') return data.reason;
  return 'guest' in data && data.guest === true ? 'guest' : '';
}

/** What words of the console announce that may have been asked for. */
export function announces(kind: FindingKind): 'poweroff' | 'reboot' | undefined {
  if (kind === 'power-off') return 'poweroff';
  return kind === 'restart' || kind === 'kernel-start' ? 'reboot' : undefined;
}

/** QEMU's end, with the last that it said. */
export function exitWords({ code, signal, stderr }: QemuExitLike): DeathWords {
  const how = signal === undefined ? `status ${String(code)}` : signal;
  const said = stderr.trim().split('\n').slice(-5).join('\n');
  const got = said === '' ? how : said;
  const clean = code === 0 && signal === undefined;
  return { code: 'TAPBOOT_E_QEMU_GONE', message: `QEMU has ended (${how})`, got, clean };
}
