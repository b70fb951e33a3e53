import { guestDead } from '../../errors.js';
import type { Console } from './console.js';
import type { Dialogue } from './dialogue.js';

/** A root shell on the console in a known state. */
export interface ConsoleSession {
  console: Console;
  shell: 'bash' | 'sh';
  /** `console.typedBytes` at the time: more means that someone else has typed since. */
  typedBytes: number;
}

/**
 * Not interactive although on a terminal: a shell is interactive only if its stderr is a
 * terminal too, which is given back to it afterwards. So there is no prompt, no line editor,
 * no bracketed paste, no history and no job notice, in whichever shell.
 */
const START = { bash: 'exec bash --norc --noprofile 2>/dev/null', sh: 'exec sh 2>/dev/null' };

const SETTLE = [
  'exec 2>&1',
  'stty sane -echo 2>/dev/null',
  'unset HISTFILE PROMPT_COMMAND ENV',
  'PS1= PS2= TERM=dumb',
  'export TERM',
  // An interrupt typed by a scenario ends what runs in the shell, not the shell.
  'trap : INT',
  'cd /',
].join('; ');

const ECHO_MS = 1000;
const ATTEMPTS = 6;
const ANSWER_MS = 2000;

/**
 * Makes the root shell at hand a quiet one.
 * @throws TapbootError guest-dead when it stops answering
 */
export async function openQuietShell(
  dialogue: Dialogue,
  shell: 'bash' | 'sh',
): Promise<ConsoleSession> {
  dialogue.type(` ${START[shell]}`);
  // The line editor of the old shell reads ahead: what is typed before it has let go is lost.
  // It has when the whole line is echoed; where nothing echoes there is no editor either.
  const until = performance.now() + ECHO_MS;
  while (!dialogue.view.includes('2>/dev/null\n') && performance.now() < until) {
    await dialogue.next(until - performance.now());
  }
  await settled(dialogue);
  const { console } = dialogue;
  return { console, shell, typedBytes: console.typedBytes };
}

/** Sets the shell up, and asks whether it is there, in one line; repeated until it answers. */
async function settled(dialogue: Dialogue): Promise<void> {
  dialogue.probe.begin();
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    dialogue.typeProbe(` ${SETTLE};`);
    const until = performance.now() + ANSWER_MS * attempt;
    while (performance.now() < until) {
      if (dialogue.probe.answer(dialogue.view)?.uid === 0) return;
      await dialogue.next(until - performance.now());
    }
  }
  throw guestDead('TAPBOOT_E_CONSOLE_SILENT', 'the root shell on the console stopped answering', {
    output: dialogue.console.transcript.tail(),
  });
}
