import type { CommandResult } from '../channel/channel.js';
import { productError, scenarioError, type TapbootError } from '../errors.js';
import type { Mismatch } from '../events/events.js';
import { type Judgement, judgeOutput } from '../language/expect/judge.js';
import { shorten } from '../language/yaml/show.js';
import type { OutputExpectation } from '../language/expectation.js';
import type { CommandStepBody } from './command-schema.js';
import { oldCpuHint } from '../machine/old-cpu.js';
import { UnmetExpectation } from './failure.js';
import { outputExcerpt, quoted, seconds } from './wording.js';

/** A judgement that did not hold, as the reports have it. */
export function mismatchOf({ what, expected, got, diff }: Judgement): Mismatch {
  return { what, expected, got, diff };
}

/**
 * Judges what a command left behind.
 * @param timeoutMs the timeout that it ran under, for the message
 * @returns undefined when all expectations hold; else a `product` failure, or a `scenario`
 *   one where the output cannot be judged as it was taken
 */
export function commandVerdict(
  result: CommandResult,
  step: CommandStepBody,
  timeoutMs: number,
): TapbootError | undefined {
  const name = quoted(step.command);
  const output = outputExcerpt(result);
  if (result.timedOut) return commandTimeout(result, timeoutMs);
  if (step.expect.stderr !== undefined && !result.stderrSeparate) {
    return scenarioError(
      'TAPBOOT_E_STDERR_NOT_SEPARATE',
      `${name}: its stderr cannot be judged: the channel ${result.channel} merges it into stdout`,
      { output, hint: 'Use `channel: shell` or `channel: ssh` for this step.' },
    );
  }
  const wrong = judgeOutput(result, step.expect).filter(({ ok }) => !ok);
  if (wrong.length === 0) return undefined;
  if (wrong.every((judgement) => isUndecided(judgement, result, step.expect))) {
    const { stdout, stderr } = result.dropped;
    return scenarioError(
      'TAPBOOT_E_OUTPUT_LIMIT',
      `${name}: its output exceeds the output limit, and the expectation needs all of it`,
      {
        got: `${String(stdout)} bytes of stdout and ${String(stderr)} of stderr were not kept`,
        hint: 'Raise `output_limit`, or have the command print less.',
        output,
      },
    );
  }
  const hint = oldCpuHint(`${result.stdout}\n${result.stderr}`, result.exitStatus);
  return unmet(name, wrong, { output, hint });
}

/** The failure of a command that its timeout has killed. */
export function commandTimeout(result: CommandResult, timeoutMs: number): TapbootError {
  const output = outputExcerpt(result);
  return productError(
    'TAPBOOT_E_COMMAND_TIMEOUT',
    `${quoted(result.command)} did not end within ${seconds(timeoutMs)} and was killed in the guest`,
    {
      expected: `its end within ${seconds(timeoutMs)}`,
      got: output === undefined ? 'still running, no output' : 'still running; output so far below',
      output,
    },
  );
}

function unmet(
  name: string,
  wrong: readonly Judgement[],
  details: { output?: string; hint?: string },
): UnmetExpectation {
  const [first] = wrong;
  const message =
    wrong.length === 1 && first !== undefined
      ? `${name}: ${first.what}: ${differenceInShort(first)}`
      : `${name}: ${String(wrong.length)} expectations did not hold: ${wrong.map(({ what }) => what).join(', ')}`;
  return new UnmetExpectation(
    'TAPBOOT_E_EXPECTATION',
    message,
    wrong.map((judgement) => mismatchOf(judgement)),
    details,
  );
}

/** Where two texts have several lines, those that differ first: the others say nothing. */
function differenceInShort({ expected, got }: Judgement): string {
  const [wanted, there] = [expected.split('\n'), got.split('\n')];
  const differs = wanted.findIndex((line, index) => line !== there[index]);
  const at = differs > 0 && differs < there.length ? differs : 0;
  const where = at === 0 ? '' : `line ${String(at + 1)}: `;
  const short = (lines: string[]): string => shorten(lines[at] ?? '', 100);
  return `${where}expected ${short(wanted)}, got ${short(there)}`;
}

/**
 * True when the judgement failed because output was not kept: another limit could have
 * turned it. What was seen and should not be there is decided whatever the rest holds.
 */
function isUndecided(
  judgement: Judgement,
  result: CommandResult,
  expectation: OutputExpectation,
): boolean {
  const stream = (['stdout', 'stderr'] as const).find((name) => judgement.what.startsWith(name));
  if (stream === undefined || result.dropped[stream] === 0) return false;
  if (!judgement.what.includes(' not ')) return true;
  const kept = { ...result, dropped: { stdout: 0, stderr: 0 } };
  return !judgeOutput(kept, expectation).some(
    ({ ok, what, expected }) => !ok && what === judgement.what && expected === judgement.expected,
  );
}
