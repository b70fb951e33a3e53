import type { ExitExpectation, OutputExpectation } from '../expectation.js';
import { listOf } from '../yaml/show.js';
import type { Judgement } from './judgement.js';
import { judgeStream } from './stream.js';

/** The part of a command's result that is judged; a `CommandResult` fits. */
export interface JudgedResult {
  /** Null when the command was killed by its time-out. */
  exitStatus: number | null;
  stdout: string;
  stderr: string;
  /** False where the channel mixes the two streams into stdout. */
  stderrSeparate?: boolean;
  /** Bytes beyond the output limit that were not kept. */
  dropped?: { stdout: number; stderr: number };
}

/**
 * Judges what a command left behind: one judgement for the exit status, one for each
 * thing asked of a stream, in the order exit, stdout, stderr. Pure.
 */
export function judgeOutput(result: JudgedResult, expectation: OutputExpectation): Judgement[] {
  const { stdout, stderr } = expectation;
  const judgements = [judgeExit(result.exitStatus, expectation.exit)];
  if (stdout !== undefined) {
    judgements.push(...judgeStream('stdout', result.stdout, stdout, result.dropped?.stdout));
  }
  if (stderr === undefined) return judgements;
  if (result.stderrSeparate === false) {
    judgements.push({
      ok: false,
      what: 'stderr can be judged',
      expected: 'a channel that keeps stdout and stderr apart',
      got: 'a channel that mixes them: use channel: shell or ssh',
    });
    return judgements;
  }
  judgements.push(...judgeStream('stderr', result.stderr, stderr, result.dropped?.stderr));
  return judgements;
}

function judgeExit(status: number | null, expectation: ExitExpectation): Judgement {
  return {
    ok: status !== null && isRight(status, expectation),
    what: 'exit status',
    expected: showExit(expectation),
    got: status === null ? 'none: killed by its time-out' : String(status),
  };
}

function isRight(status: number, expectation: ExitExpectation): boolean {
  if (expectation === 'any') return true;
  return expectation === 'nonzero' ? status !== 0 : expectation.oneOf.includes(status);
}

/** For messages: `0`, `0 or 2`, `nonzero`, `any`. */
export const showExit = (expectation: ExitExpectation): string =>
  typeof expectation === 'string' ? expectation : listOf(expectation.oneOf.map(String));
