import type { GuestConsole } from '../machine/machine-under-test.js';
import type { TapbootError } from '../errors.js';

/** How much of the console a failure shows; all of it is in serial.log. */
const CONSOLE_CHARACTERS = 2000;
const CONSOLE_LINES = 8;

/** The console's last words for a failure; a death tells them itself, and a wrong scenario has none. */
export function consoleBehind(
  { failureClass, code, details }: TapbootError,
  console: GuestConsole,
): string | undefined {
  if (failureClass !== 'product' && failureClass !== 'infra') return undefined;
  if (code === 'TAPBOOT_E_INTERRUPTED') return undefined;
  const tail = consoleTail(console.tail(CONSOLE_CHARACTERS), CONSOLE_LINES);
  return tail === '' || details.output?.includes(tail) === true ? undefined : tail;
}

/**
 * The driver's own dialogue with a shell on the console (its marks, and what makes the shell
 * quiet): nothing that a guest has said.
 */
const DIALOGUE =
  /@tb[0-9a-f]{8}|printf '@tb| exec bash --norc| exec 2>&1; stty sane| trap : INT; cd \//;

/** The last lines of a console that are neither blank nor the driver's; the first may be cut. */
export const consoleTail = (text: string, count: number): string =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '' && !DIALOGUE.test(line))
    .slice(-count)
    .join('\n');
