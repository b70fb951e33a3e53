/**
 * - `dead`: the machine cannot be tested any more
 * - `suspect`: it may be; ask it at once
 * - `note`: worth a line in the record
 */
export type Severity = 'dead' | 'suspect' | 'note';

/** Stable names of what a console can say. */
export type FindingKind =
  | 'panic'
  | 'oops'
  | 'lockup'
  | 'hung-task'
  | 'oom'
  | 'power-off'
  | 'restart'
  | 'kernel-start'
  | 'init-died'
  | 'emergency-shell'
  | 'initramfs-shell'
  | 'boot-failed'
  | 'no-boot-device'
  | 'boot-loader';

/** No answer of the guest refutes these: what answers is a system that is not the one tested. */
export const FINAL: ReadonlySet<FindingKind> = new Set(['oops', 'emergency-shell', 'init-died']);

/** What makes a text count; the same words may stand in a log that somebody prints. */
export type Shape =
  /** A message of the kernel: `pattern` at its beginning, behind a time stamp that is not older than those before. */
  | 'kernel'
  /** A line of its own, before the system is up: nobody prints logs then. */
  | 'boot-line'
  /** A line that journald sends to all terminals: behind `Broadcast message from systemd-journald`. */
  | 'broadcast'
  /** An unfinished line that stays: somebody waits there for a key. */
  | 'prompt';

export interface ConsolePattern {
  kind: FindingKind;
  severity: Severity;
  shape: Shape;
  pattern: RegExp;
  /** What is said of it; `$1` is the first capture group. */
  says: string;
}

/*
 * Sources: kernel/panic.c (panic), arch/x86/mm/fault.c, lib/bug.c and arch/x86/kernel/traps.c
 * and dumpstack.c (oops), kernel/watchdog.c, kernel/rcu/tree_stall.h, kernel/hung_task.c,
 * mm/oom_kill.c, kernel/reboot.c; systemd's sulogin-shell; initramfs-tools' scripts/functions;
 * dracut's dracut-emergency; nixpkgs' stage-1-init.sh; SeaBIOS' boot.c; EDK2's BdsDxe;
 * SYSLINUX' core; GRUB's kern/rescue_reader.c. Wording checked on consoles of crashed guests
 * (test/fixtures/console).
 */
const kernel = (
  kind: FindingKind,
  severity: Severity,
  pattern: RegExp,
  says: string,
): ConsolePattern => ({ kind, severity, shape: 'kernel', pattern, says });
const bootLine = (kind: FindingKind, pattern: RegExp, says: string): ConsolePattern => ({
  kind,
  severity: 'dead',
  shape: 'boot-line',
  pattern,
  says,
});
const prompt = (
  kind: FindingKind,
  pattern: RegExp,
  says: string,
  severity: Severity = 'dead',
): ConsolePattern => ({ kind, severity, shape: 'prompt', pattern, says });

/** All that is recognised; the first that fits a line counts. */
export const CONSOLE_PATTERNS: readonly ConsolePattern[] = [
  kernel('panic', 'dead', /^Kernel panic - not syncing: (.*)/, 'kernel panic: $1'),
  kernel('oops', 'dead', /^(BUG: (?:unable to handle|kernel NULL).*)/, 'kernel oops: $1'),
  kernel('oops', 'dead', /^(kernel BUG at .*)/, 'kernel oops: $1'),
  kernel('oops', 'dead', /^(Oops: .*)/, 'kernel oops: $1'),
  kernel(
    'oops',
    'dead',
    /^((?:general protection fault|double fault|stack segment|invalid opcode|divide error|int3)[^\n]*: [0-9a-f]{4} \[#\d+\].*)/,
    'kernel oops: $1',
  ),
  kernel('lockup', 'suspect', /^(?:watchdog: )?(BUG: soft lockup - .*)/, 'soft lockup: $1'),
  kernel('lockup', 'suspect', /^(rcu: INFO: rcu_\w+ (?:self-)?detected .*stall.*)/, 'stall: $1'),
  kernel('hung-task', 'note', /^INFO: (task .* blocked for more than .*)/, 'hung task: $1'),
  kernel(
    'oom',
    'note',
    /^(?:Out of memory|Memory cgroup out of memory): (Killed process .*)/,
    'out of memory: $1',
  ),
  kernel('power-off', 'suspect', /^reboot: (Power down|System halted)/, 'the guest said: $1'),
  kernel('restart', 'suspect', /^reboot: (Restarting system.*)/, 'the guest said: $1'),
  {
    kind: 'init-died',
    severity: 'dead',
    shape: 'broadcast',
    pattern: /^(?:systemd\[1\]: )?(Freezing execution\.?)/,
    says: 'PID 1 has crashed: $1',
  },
  prompt('initramfs-shell', /^\(initramfs\) *$/, 'the boot ended at the prompt (initramfs)'),
  prompt(
    'initramfs-shell',
    /^(?:dracut:[^\n]*|rd\.[^\n]*)# *$/,
    'the boot ended in dracut’s shell',
  ),
  prompt(
    'emergency-shell',
    /^(?:Give root password for (?:maintenance|system maintenance)|Press Enter for (?:maintenance|system maintenance))?[^\n]*\(or (?:press|type) Control-D to continue\): *$/,
    'the system went into emergency mode',
  ),
  prompt('boot-loader', /^grub rescue> *$/, 'GRUB found no configuration (grub rescue>)'),
  prompt('boot-loader', /^grub> *$/, 'GRUB waits at its prompt'),
  // Its timeout may be minutes away; where there is none, nobody ever logs in, which is said.
  prompt('boot-loader', /^boot: *$/, 'SYSLINUX waits at its prompt', 'note'),
  prompt('boot-loader', /^Shell> *$/, 'the firmware went into the UEFI shell'),
  bootLine(
    'boot-failed',
    /(ALERT! .*does not exist\.? +Dropping to a shell!?)/,
    'the root file system is missing: $1',
  ),
  bootLine('boot-failed', /(An error occurred in stage [12] of the boot process)/, 'NixOS: $1'),
  bootLine('no-boot-device', /^(No bootable device\.)/, 'the firmware found nothing to boot'),
  bootLine(
    'no-boot-device',
    /^BdsDxe: (No bootable option or device was found)/,
    'the firmware found nothing to boot',
  ),
  bootLine(
    'boot-loader',
    /^(isolinux\.bin missing or corrupt|Image checksum error, sorry|No DEFAULT or UI configuration directive found!|Could not find kernel image: .*|ERROR: No configuration file found|Failed to load .*\.c32)/,
    'the boot loader failed: $1',
  ),
  bootLine(
    'boot-loader',
    /^error: (?:\S+\.c:\d+:)?(.*(?:not found|no such (?:device|partition)|you need to load the kernel first|unknown filesystem|out of memory).*)/,
    'GRUB failed: $1',
  ),
  kernel('kernel-start', 'suspect', /^(Linux version \S+)/, 'a kernel starts again: $1'),
];
