import { scenarioError } from '../../errors.js';
import type { GuestAccess } from '../../image/image.js';
import { becomeRoot } from './become-root.js';
import type { Console } from './console.js';
import { Dialogue } from './dialogue.js';
import {
  lastLine,
  LOGIN_IMPOSSIBLE,
  LOGIN_INCORRECT,
  LOGIN_PROMPT,
  LOGIN_PROMPT_ANYWHERE,
  PASSWORD_PROMPT,
  SHELL_PROMPT_ANYWHERE,
  type ProbeAnswer,
} from './prompts.js';
import { openQuietShell, type ConsoleSession } from './quiet-shell.js';

export interface LoginOptions {
  /** Milliseconds until there must be a root shell. */
  timeoutMs: number;
  /** Called once, when a login prompt or a shell is first seen. */
  onPrompt?: () => void;
  /** Somebody is, or was, logged in: a silent console is a quiet shell rather than a boot. */
  again?: boolean;
  signal?: AbortSignal;
}

/** A prompt counts once nothing has followed it for so long: an autologin writes on. */
const SETTLED_MS = 150;
/** An unfinished line that stays so long may be a shell's prompt: ask it. */
const MAYBE_PROMPT_MS = 400;
/** A question without an answer is repeated after this, twice this, … */
const PROBE_AGAIN_MS = 1500;
/**
 * A console that stays silent so long gets an Enter: its prompt may be older than we are.
 * Long, since a kernel booting quietly is silent too, and a boot loader takes every key.
 */
const NUDGE_MS = 20_000;
/** Noise can garble one attempt; a second refusal is meant. */
const REFUSALS = 2;

/**
 * Logs in on the console and becomes root; ends with a quiet shell (no echo, no prompt).
 *
 * Nothing is taken for a shell because it looks like one: coloured prompts, prompts of two
 * lines, or none at all, are told by a question that only a shell can answer. `login:` and
 * password prompts are told by their words, with the lines of kernel and systemd taken out.
 * A getty that starts over is simply answered again.
 * @throws TapbootError scenario when the guest refuses name, password or root;
 *   guest-dead when no prompt comes in time; `signal.reason` when aborted
 */
export async function login(
  console: Console,
  access: GuestAccess,
  options: LoginOptions,
): Promise<ConsoleSession> {
  const { transcript } = console;
  const { again = false, timeoutMs, signal } = options;
  // Of a console that was in use before, only what it waits with now counts.
  const from = again ? transcript.mark() - lastLine(transcript.text()).length : transcript.start;
  const dialogue = new Dialogue(console, from, timeoutMs, signal);
  let found = await findShell(dialogue, access, again, options.onPrompt);
  if (found.uid !== 0) found = await becomeRoot(dialogue, access);
  return await openQuietShell(dialogue, found.shell);
}

/** Goes from whatever is on the console to a shell of whichever user. */
async function findShell(
  dialogue: Dialogue,
  access: GuestAccess,
  again: boolean,
  onPrompt: (() => void) | undefined,
): Promise<ProbeAnswer> {
  let refusals = 0;
  let named = false;
  let probes = 0;
  let nudges = 0;
  let announced = false;
  const prompted = (): void => {
    if (!announced) onPrompt?.();
    announced = true;
  };
  for (;;) {
    const { view } = dialogue;
    const answer = dialogue.probe.answer(view);
    if (answer !== undefined) {
      prompted();
      return answer;
    }
    const line = lastLine(view);
    const idle = dialogue.idleMs;
    const mayBeShell =
      probes > 0 || line.trim() !== '' || (named ? promptWrittenOver(view) : again);
    if (named && LOGIN_IMPOSSIBLE.test(view)) throw refused(access, dialogue);
    if (idle < SETTLED_MS) {
      await dialogue.next(SETTLED_MS - idle);
    } else if (LOGIN_PROMPT.test(line)) {
      prompted();
      if (named && LOGIN_INCORRECT.test(view) && ++refusals >= REFUSALS)
        throw refused(access, dialogue);
      named = true;
      probes = 0;
      dialogue.probe.begin();
      dialogue.type(access.user);
    } else if (PASSWORD_PROMPT.test(line)) {
      // A password that is asked for without our having named a user is someone else's, or
      // the answer to a question typed at a prompt we did not know: let it fail.
      if (named) dialogue.type(access.password ?? '', { secret: access.password !== undefined });
      else dialogue.type('');
    } else if (
      // Something unknown was written behind the prompt: have it written anew.
      LOGIN_PROMPT_ANYWHERE.test(view) &&
      line.trim() === '' &&
      idle >= MAYBE_PROMPT_MS &&
      probes === 0
    ) {
      dialogue.type('');
    } else if (mayBeShell && idle >= probeDelay(probes)) {
      probes++;
      dialogue.typeProbe();
    } else if (!mayBeShell && idle >= NUDGE_MS) {
      // Enter brings a prompt back. A quiet shell has none: every second time, ask.
      if (++nudges % 2 === 0) dialogue.typeProbe();
      else dialogue.type('');
    } else {
      const threshold = mayBeShell ? probeDelay(probes) : NUDGE_MS;
      await dialogue.next(Math.max(10, threshold - idle));
    }
    // A getty that came back: what was probed is gone, begin anew.
    if (probes > 0 && LOGIN_PROMPT.test(lastLine(dialogue.view))) probes = 0;
  }
}

/** A service has written behind a shell's prompt; what is typed now reaches the shell. */
const promptWrittenOver = (view: string): boolean =>
  SHELL_PROMPT_ANYWHERE.test(view) && !LOGIN_INCORRECT.test(view);

const probeDelay = (probes: number): number =>
  probes === 0 ? MAYBE_PROMPT_MS : PROBE_AGAIN_MS * Math.min(probes, 6);

function refused(access: GuestAccess, { view, console }: Dialogue): Error {
  const password = access.password === undefined ? 'no password' : 'the password given';
  return scenarioError('TAPBOOT_E_LOGIN_REFUSED', `the guest refuses the login of ${access.user}`, {
    expected: `a shell for ${access.user} with ${password}`,
    got: (LOGIN_INCORRECT.exec(view) ?? LOGIN_IMPOSSIBLE.exec(view))?.[0] ?? 'a refusal',
    output: console.transcript.tail(8),
    hint: 'Say who may log in: `user=…,password=…` in the image SPEC.',
  });
}
