import { scenarioError } from '../../errors.js';
import type { GuestAccess } from '../../language/guest-access.js';
import { becomeRoot } from './become-root.js';
import type { Console } from './console.js';
import { Dialogue } from './dialogue.js';
import {
  lastLine,
  LOGIN_IMPOSSIBLE,
  LOGIN_INCORRECT,
  LOGIN_PROMPT,
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
/** What stays so long is a shell's prompt, or a line that asks for Enter. */
const MAYBE_PROMPT_MS = 400;
/** A question without an answer is repeated after this, twice this, … */
const PROBE_AGAIN_MS = 1500;
/** Somebody is logged in, and says nothing for so long: an Enter may bring the prompt back. */
const NUDGE_MS = 20_000;
/** A line editor that begins to read may say so without any text. */
const LOOK_AGAIN_MS = 1000;
/** Noise can garble one attempt; a second refusal is meant. */
const REFUSALS = 2;

/**
 * Logs in on the console and becomes root; ends with a quiet shell (no echo, no prompt).
 *
 * Nothing is typed before the console shows what a boot loader never does (see whatWaits):
 * a menu would take it for a choice. Nor is anything taken for a shell because it looks like
 * one: that is told by a question that only a shell can answer. `login:` and password prompts are
 * told by their words, with the lines of kernel and systemd taken out. A getty that starts over is
 * simply answered again.
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
    dialogue.loggedIn = true;
  };
  dialogue.loggedIn = again;
  for (;;) {
    const { view } = dialogue;
    const answer = dialogue.probe.answer(view);
    if (answer !== undefined) {
      prompted();
      return answer;
    }
    const { at } = dialogue.waiting;
    const idle = dialogue.idleMs;
    const ask = probes > 0 || at === 'shell' || (again && !named && at === 'quiet');
    if (named && LOGIN_IMPOSSIBLE.test(view)) throw refused(access, dialogue);
    if (idle < SETTLED_MS) {
      await dialogue.next(SETTLED_MS - idle);
    } else if (at === 'login') {
      prompted();
      if (named && LOGIN_INCORRECT.test(view) && ++refusals >= REFUSALS)
        throw refused(access, dialogue);
      named = true;
      probes = 0;
      dialogue.probe.begin();
      dialogue.type(access.user);
    } else if (at === 'password' && named) {
      dialogue.type(access.password ?? '', { secret: access.password !== undefined });
    } else if (at === 'password' && probes > 0) {
      // The answer to a question typed at a prompt we did not know: let it fail.
      dialogue.type('');
    } else if (ask) {
      const delay = probeDelay(probes);
      if (idle < delay) await dialogue.next(Math.max(10, delay - idle));
      else {
        probes++;
        dialogue.loggedIn = true;
        dialogue.typeProbe();
      }
    } else if (at === 'enter' || at === 'login-written-over') {
      if (idle < MAYBE_PROMPT_MS) await dialogue.next(Math.max(10, MAYBE_PROMPT_MS - idle));
      else {
        dialogue.loggedIn = true;
        dialogue.type('');
      }
    } else if (at === 'quiet' && idle >= NUDGE_MS) {
      // Enter brings a prompt back. A quiet shell has none: every second time, ask.
      if (++nudges % 2 === 0) dialogue.typeProbe();
      else dialogue.type('');
    } else await dialogue.next(LOOK_AGAIN_MS);
    // A getty that came back: what was probed is gone, begin anew.
    if (probes > 0 && LOGIN_PROMPT.test(lastLine(dialogue.view))) probes = 0;
  }
}

const probeDelay = (probes: number): number =>
  probes === 0 ? MAYBE_PROMPT_MS : PROBE_AGAIN_MS * Math.min(probes, 6);

function refused(access: GuestAccess, { view, console }: Dialogue): Error {
  const password = access.password === undefined ? 'no password' : 'the password given';
  return scenarioError('TAPBOOT_E_LOGIN_REFUSED', `the guest refuses the login of ${access.user}`, {
    expected: `a shell for ${access.user} with ${password}`,
    got: (LOGIN_INCORRECT.exec(view) ?? LOGIN_IMPOSSIBLE.exec(view))?.[0] ?? 'a refusal',
    output: console.transcript.tail(8),
    hint: 'Set the login in the image SPEC: `user=…,password=…`.',
  });
}
