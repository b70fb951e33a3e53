import type { ErrorCode } from '../../error-codes.js';
import type { ConsoleTranscript } from '../../channel/console/transcript.js';
import { guestDead, type TapbootError } from '../../errors.js';
import { oldCpuHint } from '../old-cpu.js';
import type { Finding } from './console-detector.js';
import type { FindingKind } from './panic-patterns.js';

/** Lines of console before and after what was found. */
const BEFORE = 6;
const AFTER = 30;

const CODES: Record<FindingKind, ErrorCode<'guest-dead'>> = {
  panic: 'TAPBOOT_E_GUEST_PANIC',
  oops: 'TAPBOOT_E_GUEST_OOPS',
  lockup: 'TAPBOOT_E_GUEST_HUNG',
  'hung-task': 'TAPBOOT_E_GUEST_HUNG',
  oom: 'TAPBOOT_E_GUEST_HUNG',
  'power-off': 'TAPBOOT_E_GUEST_POWEROFF',
  restart: 'TAPBOOT_E_GUEST_REBOOT',
  'kernel-start': 'TAPBOOT_E_GUEST_REBOOT',
  'init-died': 'TAPBOOT_E_GUEST_INIT_DIED',
  'emergency-shell': 'TAPBOOT_E_GUEST_EMERGENCY',
  'initramfs-shell': 'TAPBOOT_E_GUEST_INITRAMFS',
  'boot-failed': 'TAPBOOT_E_GUEST_INITRAMFS',
  'no-boot-device': 'TAPBOOT_E_GUEST_NO_BOOT',
  'boot-loader': 'TAPBOOT_E_GUEST_NO_BOOT',
};

/** A death that the console tells. */
export function deathByConsole(finding: Finding, transcript: ConsoleTranscript): TapbootError {
  const before = transcript.text(Math.max(transcript.start, finding.offset - 2000));
  const head = before.slice(0, before.length - (transcript.length - finding.offset));
  const lines = [
    ...meaningful(head).slice(-BEFORE),
    ...meaningful(transcript.text(finding.offset)).slice(0, AFTER),
  ];
  return guestDead(CODES[finding.kind], finding.message, {
    expected: 'a guest that keeps running',
    got: finding.line.trim(),
    output: lines.join('\n'),
    hint: oldCpuHint(transcript.text()) ?? 'serial.log has the whole console.',
  });
}

/** What is said of a death that the console does not tell. */
export interface DeathWords {
  code: ErrorCode<'guest-dead'>;
  message: string;
  got: string;
  /** QEMU has ended by itself, as it does for a guest that powers off or restarts. */
  clean?: boolean;
}

/** A death without words of its own: the console's last lines are all there is. */
export function deathWithTail(
  { code, message, got }: DeathWords,
  transcript: ConsoleTranscript,
): TapbootError {
  return guestDead(code, message, {
    expected: 'a guest that keeps running',
    got,
    output: transcript.tail(AFTER),
    hint:
      oldCpuHint(transcript.text()) ??
      'serial.log has the complete console, harness.log the messages of QEMU.',
  });
}

/**
 * A death that QEMU tells, or silence: where the console has told it, that is the better message.
 * So it is where QEMU has ended cleanly and its event, which says for what, did not arrive: the
 * socket is gone at once when the driver happens to write to it.
 */
export function deathOf(
  words: DeathWords,
  worst: Finding | undefined,
  transcript: ConsoleTranscript,
): TapbootError {
  const kind = worst?.kind;
  const clean = words.clean === true && (kind === 'power-off' || kind === 'restart');
  return worst !== undefined && (clean || worst.severity === 'dead')
    ? deathByConsole(worst, transcript)
    : deathWithTail(words, transcript);
}

const meaningful = (text: string): string[] =>
  text.split('\n').filter((line) => line.trim() !== '');
