import type { CommandResult } from '../channel/channel.js';
import { shellQuote } from '../shell-quote.js';

/** Milliseconds for a shell that is there to answer. */
const ANSWER_MS = 5_000;

/** Set in the shell that is made for a person, so that no other is ended. */
const MARK = 'TAPBOOT_PERSON';

/** What is needed of a machine. */
export interface ConsoleOwner {
  run(
    command: string,
    options: { timeoutMs: number; channel: 'console' },
  ): Promise<Pick<CommandResult, 'exitStatus'>>;
  console: { send(text: string): void };
}

/**
 * Hands the shell on the serial console to a person, and takes it back. The driver has made
 * that shell mute: no prompt, no echo, no line editing. A person gets one within it that
 * has all of these; it is ended, with whatever runs in it, when `work` is done. Where nobody
 * is logged in on the console, it is left as it is.
 * @param type `TERM`
 */
export async function withPersonsShell(
  vm: ConsoleOwner,
  type: string,
  work: () => Promise<void>,
): Promise<void> {
  const there = await vm.run('true', { channel: 'console', timeoutMs: ANSWER_MS }).then(
    ({ exitStatus }) => exitStatus === 0,
    () => false,
  );
  if (there) {
    const shell = `TERM=${shellQuote(type)} ${MARK}=1 "\${SHELL:-sh}" -i`;
    vm.console.send(` stty sane; unset PS1 PS2; ${shell}; stty sane -echo; PS1= PS2=\r`);
  }
  try {
    await work();
  } finally {
    // Ctrl-C ends what runs, Ctrl-U what is half typed. An interactive shell ignores TERM.
    if (there) vm.console.send(`\u0003\u0015 test -n "$${MARK}" && kill -KILL $$\r`);
  }
}
