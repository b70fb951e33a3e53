import { scenarioError } from '../../errors.js';
import type { GuestAccess } from '../../language/guest-access.js';
import type { Dialogue } from './dialogue.js';
import { lastLine, PASSWORD_PROMPT, ROOT_REFUSED, type ProbeAnswer } from './prompts.js';

/**
 * Ways from a user to root, the one that asks nothing first. `LC_ALL=C`: refusals are told
 * by their words.
 */
const WAYS = ['sudo -n -i', 'sudo -i', 'su -'] as const;

/** Milliseconds of silence after which a question is asked, and asked again. */
const PROBE_MS = 400;
const PROBE_AGAIN_MS = 2000;
/** Questions per way. */
const PROBES = 6;

const INTERRUPT = '\u0003';

/**
 * Becomes root from a user's shell.
 * @throws TapbootError scenario when every way is refused, with what each one said
 */
export async function becomeRoot(dialogue: Dialogue, access: GuestAccess): Promise<ProbeAnswer> {
  const said: string[] = [];
  for (const way of WAYS) {
    const answer = await tryWay(dialogue, way, access.password ?? '');
    if (typeof answer !== 'string') return answer;
    said.push(`${way}: ${answer}`);
  }
  throw scenarioError('TAPBOOT_E_ROOT_REFUSED', `${access.user} cannot become root`, {
    expected: `one of ${WAYS.join(', ')} to open a root shell`,
    got: 'all were refused',
    output: said.join('\n'),
    hint: 'Give the user’s password in the image SPEC (password=…), or use an image that accepts the credential ssh.authorized_keys.root.',
  });
}

/** @returns the root shell found, or in words why there is none */
async function tryWay(
  dialogue: Dialogue,
  way: string,
  password: string,
): Promise<ProbeAnswer | string> {
  dialogue.probe.begin();
  dialogue.type(` LC_ALL=C ${way}`);
  let reason = 'it gave no root shell';
  let passwords = 0;
  let probes = 0;
  while (probes < PROBES) {
    const { view } = dialogue;
    const answer = dialogue.probe.answer(view);
    if (answer?.uid === 0) return answer;
    if (answer !== undefined) return reason;
    const line = lastLine(view);
    const idle = dialogue.idleMs;
    // The echo of `sudo -i` itself can match no refusal.
    const refusal = ROOT_REFUSED.exec(view);
    if (refusal !== null && probes === 0) reason = lineOf(view, refusal.index);
    const threshold = probes === 0 ? PROBE_MS : PROBE_AGAIN_MS;
    if (PASSWORD_PROMPT.test(line) && idle >= 100) {
      if (passwords++ === 0) dialogue.type(password, { secret: password !== '' });
      else {
        reason = 'the password was refused';
        dialogue.console.send(INTERRUPT);
        dialogue.typeProbe();
      }
    } else if (idle >= threshold) {
      probes++;
      dialogue.typeProbe();
    } else await dialogue.next(Math.max(10, threshold - idle));
  }
  return reason;
}

function lineOf(text: string, index: number): string {
  const start = text.lastIndexOf('\n', index) + 1;
  const end = text.indexOf('\n', index);
  return text.slice(start, end < 0 ? undefined : end).trim();
}
