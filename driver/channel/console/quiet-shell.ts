import { guestDead } from '../../errors.js';
import type { Console } from './console.js';
import type { Dialogue } from './dialogue.js';
import { settle } from './scripts.generated.js';

/** A root shell on the console in a known state. */
export interface ConsoleSession {
  console: Console;
  shell: 'bash' | 'sh';
  /** `console.typedBytes` at the time: more means that someone else has typed since, and less
   * (-1) that this driver has not been there yet. */
  typedBytes: number;
}

/**
 * Not interactive although on a terminal: a shell is interactive only if its stderr is a
 * terminal too, which is given back to it afterwards. So there is no prompt, no line editor,
 * no bracketed paste, no history and no job notice, in whichever shell.
 */
const START = { bash: 'exec bash --norc --noprofile 2>/dev/null', sh: 'exec sh 2>/dev/null' };

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
  // The line editor of the old shell reads ahead: what is typed before it has let go of the
  // terminal is lost, or comes out by halves. An echo does not tell, since the terminal
  // echoes as well; an answer does, as no shell runs a line before its editor has let go.
  await answered(dialogue, '', `; ${START[shell]}`);
  await answered(dialogue, ` ${settle.replaceAll('\n', '; ')} &&`, '');
  const { console } = dialogue;
  return { console, shell, typedBytes: console.typedBytes };
}

/** Types a line that asks whether it was run; repeated until it answers. */
async function answered(dialogue: Dialogue, before: string, after: string): Promise<void> {
  dialogue.probe.begin();
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    dialogue.typeProbe(before, after);
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
