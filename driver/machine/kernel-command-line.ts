import type { Channel } from '../channel/channel.js';
import type { ConsoleTranscript } from '../channel/console/transcript.js';
import type { KernelCommandLine } from '../events/events.js';
import type { BootMedium } from '../image/image.js';
import { withSerialConsole } from '../image/iso/serial-console.js';

/** Milliseconds for a command of the driver's own that should answer at once. */
const OWN_COMMAND_MS = 30_000;

/** Printed first thing by the kernel: x86 (setup_arch), and all architectures (start_kernel). */
const PRINTED = ['Command line: ', 'Kernel command line: '].map(
  (words) => new RegExp(String.raw`^(?:\[ *[\d.]+\](?:\[ *T\d+\])? )?${words}(.*)$`, 'gm'),
);

/** Reads /proc/cmdline over a channel with root; undefined where that cannot be had. */
export async function readCommandLine(root: Channel): Promise<string | undefined> {
  const read = await root
    .run('cat /proc/cmdline', { timeoutMs: OWN_COMMAND_MS })
    .catch(() => undefined);
  const text = read?.stdout.trim();
  return text === '' ? undefined : text;
}

/**
 * The command line of the kernel that a guest booted, from the best source there is: what root
 * has read in it, what its kernel has printed, what QEMU was told. A boot loader's choice is in
 * the first two only; undefined where it was quiet and nobody could ask.
 */
export function kernelCommandLine(
  { medium, bootFrom }: { medium: BootMedium; bootFrom?: string | undefined },
  { commandLine, transcript }: { commandLine: string | undefined; transcript: ConsoleTranscript },
): KernelCommandLine | undefined {
  if (commandLine !== undefined) return { text: commandLine, source: 'guest' };
  for (const pattern of PRINTED) {
    const text = [...transcript.text().matchAll(pattern)].at(-1)?.[1]?.trim();
    if (text !== undefined) return { text, source: 'console' };
  }
  if (medium.kind !== 'direct' || bootFrom !== undefined) return undefined;
  return { text: withSerialConsole(medium.append), source: 'qemu' };
}
