import { followFile } from './follow-file.js';
import type { PersonsTerminal } from './ssh-terminal.js';

/** Ctrl-]: what telnet and virsh end with; no shell uses it. */
const LEAVE = 0x1d;

/** Bytes of the console shown at first: about a screen. */
const SHOWN_BYTES = 4096;

/**
 * The serial console on this terminal, until Ctrl-] or until the machine ends. Keys go to the
 * guest one by one; a line has no size, so the guest thinks of 80 columns.
 * @param send types into the console
 * @param ended resolves when the machine is gone
 */
export async function consoleTerminal(
  { stdin, stdout }: Pick<PersonsTerminal, 'stdin' | 'stdout'>,
  serialLog: string,
  send: (text: string) => void,
  ended: Promise<unknown>,
): Promise<void> {
  let leave: () => void = () => undefined;
  const left = new Promise<void>((resolve) => (leave = resolve));
  const give = (chunk: Buffer): void => {
    if (chunk.includes(LEAVE)) leave();
    else send(chunk.toString('utf8'));
  };
  stdin.setRawMode(true);
  stdin.resume().on('data', give);
  try {
    const write = (chunk: Uint8Array): void => {
      stdout.write(chunk);
    };
    await followFile(serialLog, { from: SHOWN_BYTES, write, stop: Promise.race([left, ended]) });
  } finally {
    stdin.off('data', give).setRawMode(false).pause();
  }
}
