/** The console that the driver listens on, as the kernel's command line names it. */
export const SERIAL_CONSOLE = 'console=ttyS0,115200';

/**
 * Makes the serial line the last `console=` of a kernel command line, so that it becomes
 * `/dev/console` (Linux, admin-guide/serial-console: the last one named is used for that).
 * Doing it twice changes nothing.
 */
export function withSerialConsole(commandLine: string): string {
  const words = splitCommandLine(commandLine).filter((word) => !/^console=ttyS0(?:,|$)/.test(word));
  return [...words, SERIAL_CONSOLE].join(' ');
}

/** Whether a command line sends kernel messages to a serial line at all. */
export function namesSerialConsole(commandLine: string): boolean {
  return splitCommandLine(commandLine).some((word) => /^console=ttyS\d/.test(word));
}

/** Words of a kernel command line; the kernel lets double quotes protect spaces. */
export function splitCommandLine(commandLine: string): string[] {
  return commandLine.match(/(?:"[^"]*"?|[^\s"])+/g) ?? [];
}
