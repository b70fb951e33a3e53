import type { CommandResult } from '../channel/channel.js';
import type { ChannelName } from '../language/step-base.js';
import { shellQuote, withArguments } from '../quote.js';
import { sleep } from '../host/timers.js';
import { endPerson } from './scripts.generated.js';

/** Milliseconds for a shell that is there to answer, on a host that has much else to do. */
const ANSWER_MS = 15_000;

/** Whoever waits for longer is told what for. */
const PATIENCE_MS = 1000;

/** Milliseconds for a command over a channel that has answered before. */
const END_MS = 10_000;

/** Milliseconds from one Ctrl-C to the next. */
const SECOND_MS = 300;

/** Set in the shell that is made for a person, so that no other is ended. */
const MARK = 'TAPBOOT_PERSON';

/** Says the pid of the shell that sits on the console: it starts each command in a subshell. */
const WHO = `read -r s </proc/$PPID/stat && set -- \${s##*) } && echo "$2"`;

/** What is needed of a machine. */
export interface ConsoleOwner {
  run(
    command: string,
    options: { timeoutMs: number; channel: ChannelName },
  ): Promise<Pick<CommandResult, 'exitStatus' | 'stdout'>>;
  /** The best channel that is ready. */
  channel(): Promise<{ name: ChannelName }>;
  console: { send(text: string): void };
}

/** Who is on the console, and what to tell that person. */
export interface Person {
  /** `TERM`. */
  type: string;
  say: (text: string) => void;
}

/**
 * Hands the shell on the serial console to a person, and takes it back. The driver has made
 * that shell mute: no prompt, no echo, no line editing. A person gets one within it that
 * has all of these; it is ended, with what runs in its foreground, when `work` is done. Where
 * nobody is logged in on the console, it is left as it is, which is said.
 */
export async function withPersonsShell(
  vm: ConsoleOwner,
  { type, say }: Person,
  work: () => Promise<void>,
): Promise<void> {
  const waited = new AbortController();
  void sleep(PATIENCE_MS, undefined, { signal: waited.signal }).then(
    () => say('tapboot: waiting for the shell on the console'),
    () => undefined,
  );
  const owner = await vm.run(WHO, { channel: 'console', timeoutMs: ANSWER_MS }).then(
    ({ exitStatus, stdout }) => (exitStatus === 0 ? Number(stdout) : undefined),
    () => undefined,
  );
  waited.abort();
  if (owner === undefined) {
    say('tapboot: no shell responds on the console: it is shown as it is');
  } else {
    // With job control the terminal comes back to its owner however the shell ends; without,
    // a shell that was killed leaves it to a group that is no more, and reading it fails.
    const shell = `TERM=${shellQuote(type)} ${MARK}=1 "\${SHELL:-sh}" -i`;
    vm.console.send(
      ` stty sane; unset PS1 PS2; set -m; ${shell}; set +m; stty sane -echo; PS1= PS2=\r`,
    );
  }
  try {
    await work();
  } finally {
    if (owner !== undefined) await takeBack(vm, owner);
  }
}

/** Ends the person's shell, and what it runs in the foreground. */
async function takeBack(vm: ConsoleOwner, owner: number): Promise<void> {
  try {
    // Ctrl-C ends what runs and forgets what was typed ahead; Ctrl-U what is half typed.
    vm.console.send('\u0003\u0015');
    const { name: channel } = await vm.channel();
    if (channel !== 'console') {
      const { exitStatus } = await vm.run(withArguments(endPerson, owner), {
        channel,
        timeoutMs: END_MS,
      });
      if (exitStatus === 0) return;
    }
    // The only way is the terminal itself. A shell that just starts a program may lose the
    // first Ctrl-C; an interactive one ignores TERM.
    await sleep(SECOND_MS);
    vm.console.send(`\u0003\u0015 test -n "$${MARK}" && kill -KILL $$\r`);
  } catch {
    // The machine is gone, which whoever uses it next is told with the reason.
  }
}
