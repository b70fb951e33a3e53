/** The console that the driver listens on, as the kernel's command line names it. */
export const SERIAL_CONSOLE = 'console=ttyS0,115200n8';

/**
 * Makes the serial line the last `console=` of a kernel command line, so that it becomes
 * `/dev/console` (Linux, admin-guide/serial-console: the last one named is used for that).
 * Options that it was given there stay; so do all other words, in their order. Doing it twice
 * changes nothing.
 */
export function withSerialConsole(commandLine: string): string {
  const words = splitCommandLine(commandLine);
  // The kernel hands what follows `--` to init (kernel/params.c, parse_args).
  const end = words.includes('--') ? words.indexOf('--') : words.length;
  const [ours, toInit] = [words.slice(0, end), words.slice(end)];
  const consoles = ours.filter((word) => bare(word).startsWith('console='));
  const last = consoles.at(-1);
  if (last !== undefined && isSerial(last) && consoles.filter(isSerial).length === 1)
    return words.join(' ');
  const serial =
    consoles.find((word) => isSerial(word) && word.includes(',')) ??
    consoles.find(isSerial) ??
    SERIAL_CONSOLE;
  return [...ours.filter((word) => !isSerial(word)), serial, ...toInit].join(' ');
}

/** Whether a command line sends kernel messages to a serial line at all. */
export function namesSerialConsole(commandLine: string): boolean {
  return splitCommandLine(commandLine).some((word) => /^console=ttyS\d/.test(bare(word)));
}

/** Words of a kernel command line; the kernel lets double quotes protect spaces. */
export function splitCommandLine(commandLine: string): string[] {
  return commandLine.match(/(?:"[^"]*"?|[^\s"])+/g) ?? [];
}

/** Quotes may stand around a word or its value (lib/cmdline.c, next_arg). */
const bare = (word: string): string => word.replaceAll('"', '');

const isSerial = (word: string): boolean => /^console=ttyS0(?:,|$)/.test(bare(word));
