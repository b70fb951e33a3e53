import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { arch, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { endingError } from '../../ending.js';
import { infraError } from '../../errors.js';
import { within } from '../../host/waiting.js';
import { PROBE_MARKER, probeInitrd } from './probe-initrd.js';
import { QemuProcess } from './process.js';
import { listenOnce } from './socket.js';
import type { QemuBinary } from './version.js';

/** What runs the guest's instructions, and why. */
export interface AcceleratorChoice {
  name: 'kvm' | 'tcg';
  /** One sentence for each candidate: why it was taken or refused. */
  reasons: string[];
  /** True when the verdict was remembered from an earlier probe. */
  remembered: boolean;
}

/** Seconds a Linux kernel gets to reach user space under KVM; it takes about one. */
export const PROBE_DEADLINE_SECONDS = 20;

/** The same under TCG, which takes 2–3 s on an idle machine. */
const CONTROL_DEADLINE_SECONDS = 60;

const KVM_DEVICE = '/dev/kvm';

/** Options of {@link chooseAccelerator}. */
export interface AcceleratorOptions {
  /** What the user asked for. */
  wanted: 'auto' | 'kvm' | 'tcg';
  qemu: QemuBinary;
  /**
   * A Linux kernel to boot for the probe (bzImage or PVH vmlinux); without one, KVM is refused.
   * Asked for only when the probe is made: whoever has none yet may have one by the time.
   */
  kernel?: () => Promise<string | undefined>;
  cacheDirectory: string;
  log: (line: string) => void;
  /** Probe anew although a verdict is remembered. */
  forget?: boolean;
  /** Runs the probe; for whoever tells of it, since it can take as long as its deadline. */
  probing?: <T>(probe: () => Promise<T>) => Promise<T>;
  /** Ends the wait for a kernel, and the probe. */
  signal?: AbortSignal;
}

/** Why KVM cannot even be tried; undefined when it can. */
async function kvmUnavailable(): Promise<string | undefined> {
  if (arch() !== 'x64') return `KVM refused: the host is ${arch()}, the guest x86_64`;
  try {
    await access(KVM_DEVICE, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    return code === 'ENOENT'
      ? `KVM refused: ${KVM_DEVICE} does not exist`
      : `KVM refused: ${KVM_DEVICE} cannot be opened (${code}); is this user in group kvm?`;
  }
}

async function cpuName(): Promise<string> {
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  return /^model name\s*:\s*(.*)$/m.exec(text)?.[1] ?? 'unknown CPU';
}

/** What {@link probeBoot} needs; `deadlineSeconds` is {@link PROBE_DEADLINE_SECONDS} if absent. */
type ProbeOptions = Pick<AcceleratorOptions, 'qemu' | 'log' | 'signal'> & {
  kernel: string;
  deadlineSeconds?: number;
};

/**
 * Boots `kernel` under one accelerator until user space has printed its marker.
 * @returns undefined when it did, else what happened instead
 * @throws TapbootError `infra` when QEMU cannot be started, or the signal has ended the probe
 */
export async function probeBoot(
  accelerator: 'kvm' | 'tcg',
  options: ProbeOptions,
): Promise<string | undefined> {
  const seconds = options.deadlineSeconds ?? PROBE_DEADLINE_SECONDS;
  const directory = await mkdtemp(join(tmpdir(), 'tapboot-probe-'));
  try {
    const initrd = join(directory, 'initrd');
    await writeFile(initrd, probeInitrd());
    await using socket = await listenOnce(join(directory, 'console'));
    await using qemu = await QemuProcess.spawn({
      executable: options.qemu.executable,
      log: options.log,
      argv: [
        ...['-nodefaults', '-no-user-config', '-display', 'none', '-vga', 'none', '-no-reboot'],
        ...['-machine', 'pc', '-m', '256M', '-smp', '1'],
        ...['-accel', accelerator === 'kvm' ? 'kvm' : 'tcg,thread=multi'],
        ...['-cpu', accelerator === 'kvm' ? 'host' : 'max,-cx16'],
        ...['-kernel', options.kernel, '-initrd', initrd],
        ...['-append', 'console=ttyS0,115200n8 panic=-1 quiet'],
        ...['-chardev', `socket,id=console,path=${socket.path},server=off`],
        ...['-serial', 'chardev:console'],
      ],
    });
    return await untilMarker(socket.connection, qemu, seconds, options.signal);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function untilMarker(
  connection: Promise<NodeJS.ReadableStream>,
  qemu: QemuProcess,
  seconds: number,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const reached = new Promise<''>((resolve) => {
    connection.then(
      (stream) => {
        let seen = '';
        stream.on('data', (chunk: Buffer) => {
          seen += chunk.toString('latin1');
          if (seen.includes(PROBE_MARKER)) resolve('');
        });
      },
      () => undefined,
    );
  });
  const ended = qemu.exited.then((exit) => {
    const tail = exit.stderr.trim().split('\n').slice(-1)[0] ?? '';
    return `QEMU ended (${exit.signal ?? `status ${String(exit.code)}`}) before user space ran${tail === '' ? '' : `: ${tail}`}`;
  });
  const outcome = await within(Promise.race([reached, ended]), { ms: seconds * 1000, signal });
  if (signal?.aborted === true) throw endingError(signal);
  if (outcome === '') return undefined;
  return outcome ?? `a Linux kernel did not reach user space within ${String(seconds)} s`;
}

/** Everything that a verdict depends on; another kernel, QEMU, CPU or user probes anew. */
async function verdictKey(options: AcceleratorOptions): Promise<string> {
  const parts = [
    release(),
    options.qemu.version,
    options.qemu.executable,
    await cpuName(),
    String(process.getuid?.() ?? -1),
    String(PROBE_DEADLINE_SECONDS),
  ];
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 24);
}

/**
 * Chooses the accelerator. KVM counts only when a Linux kernel really reaches user
 * space under it within {@link PROBE_DEADLINE_SECONDS}: a device node that opens, and
 * even a virtual CPU that runs firmware, have been seen on hosts where a Linux guest
 * hangs. The verdict is remembered per host kernel, QEMU build, CPU and user; that KVM
 * cannot be opened is looked at anew every time.
 * @throws TapbootError `infra` TAPBOOT_E_KVM_UNUSABLE when `kvm` is demanded and cannot be had
 */
export async function chooseAccelerator(options: AcceleratorOptions): Promise<AcceleratorChoice> {
  if (options.wanted === 'tcg') {
    return { name: 'tcg', reasons: ['TCG: asked for'], remembered: false };
  }
  const { reason, remembered } = await kvmVerdict(options);
  if (reason === undefined) {
    return { name: 'kvm', reasons: ['KVM: a Linux kernel reached user space'], remembered };
  }
  if (options.wanted === 'kvm') {
    throw infraError('TAPBOOT_E_KVM_UNUSABLE', 'KVM was demanded and cannot be used', {
      expected: `a Linux kernel in user space within ${String(PROBE_DEADLINE_SECONDS)} s under KVM`,
      got: reason,
      hint: 'Use `--accel auto` (falls back to TCG, and reports it) or `--accel tcg`.',
    });
  }
  return { name: 'tcg', reasons: [reason, 'TCG: works everywhere'], remembered };
}

async function kvmVerdict(
  options: AcceleratorOptions,
): Promise<{ reason: string | undefined; remembered: boolean }> {
  const unavailable = await kvmUnavailable();
  if (unavailable !== undefined) return { reason: unavailable, remembered: false };
  const directory = join(options.cacheDirectory, 'accelerator');
  const file = join(directory, `${await verdictKey(options)}.json`);
  if (options.forget !== true) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    const verdict = text === undefined ? undefined : readVerdict(text);
    if (verdict !== undefined) return { reason: verdict.reason, remembered: true };
  }
  const kernel = await kernelOf(options);
  if (kernel === undefined) {
    return { reason: 'KVM refused: there is no kernel to probe it with', remembered: false };
  }
  const { probing = (work) => work() } = options;
  const { outcome, certain } = await probing(() => probe({ ...options, kernel }));
  if (!certain) {
    const doubt = `${String(outcome)}; but that kernel does not boot under TCG either, so KVM is not to blame`;
    return { reason: `KVM refused for this run: ${doubt}`, remembered: false };
  }
  const reason = outcome === undefined ? undefined : `KVM refused: ${outcome}`;
  await mkdir(directory, { recursive: true });
  const temporary = `${file}.${String(process.pid)}`;
  await writeFile(temporary, JSON.stringify({ probedAt: new Date().toISOString(), reason }));
  await rename(temporary, file);
  return { reason, remembered: false };
}

async function kernelOf({ kernel, signal }: AcceleratorOptions): Promise<string | undefined> {
  const path = kernel === undefined ? undefined : await within(kernel(), { signal });
  if (signal?.aborted === true) throw endingError(signal);
  if (path === undefined) return undefined;
  await access(path, constants.R_OK).catch((error: unknown) => {
    const message = `cannot read the kernel to probe KVM with: ${path}`;
    throw infraError('TAPBOOT_E_PROBE_KERNEL', message, { cause: error });
  });
  return path;
}

/**
 * The probe and, where it failed, the control experiment: a kernel that boots nowhere says
 * nothing about KVM.
 */
async function probe(
  options: ProbeOptions,
): Promise<{ outcome: string | undefined; certain: boolean }> {
  const outcome = await probeBoot('kvm', options);
  if (outcome === undefined) return { outcome, certain: true };
  const control = { ...options, deadlineSeconds: CONTROL_DEADLINE_SECONDS };
  return { outcome, certain: (await probeBoot('tcg', control)) === undefined };
}

function readVerdict(text: string): { reason: string | undefined } | undefined {
  try {
    const value = JSON.parse(text) as { probedAt?: unknown; reason?: unknown };
    if (typeof value.probedAt !== 'string') return undefined;
    return { reason: typeof value.reason === 'string' ? value.reason : undefined };
  } catch {
    return undefined;
  }
}
