import { productError } from '../../errors.js';
import { sleep } from '../../host/timers.js';
import { search } from '../../language/expect/search.js';
import { shellQuote, withArguments } from '../../quote.js';
import { pause } from '../guest-scripts/scripts.generated.js';
import type { StepContext } from '../step-runner.js';
import { seconds } from '../wording.js';
import { untilFile } from './scripts.generated.js';
import type { WaitCondition, WaitStep } from './schema.js';
import { explain, scriptFailure } from './unit-failures.js';

type FileCondition = Extract<WaitCondition, { what: 'file' }>;

/** Milliseconds at least between two scripts, for a file that never stops changing. */
const BETWEEN_SCRIPTS_MS = 200;

/**
 * Waits until a file exists and holds what it should. The guest does the waiting; patterns
 * are judged here, and then the guest waits for a content that was not judged yet.
 */
export async function waitForFile(
  condition: FileCondition,
  step: WaitStep,
  context: StepContext,
): Promise<void> {
  let seen: string | undefined;
  for (;;) {
    const result = await context.run(waitForFileScript(condition.path, condition.contains, seen), {
      timeoutMs: context.remainingMs(),
      label: `wait for ${words(condition)}`,
      channel: step.channel,
    });
    if (result.timedOut) throw await overdue(condition, step, context);
    if (result.exitStatus !== 0) throw scriptFailure(result, `wait for ${words(condition)}`);
    seen = result.stdout;
    if (condition.matches.every((pattern) => search(pattern, seen ?? '') !== undefined)) return;
    await sleep(BETWEEN_SCRIPTS_MS, undefined, { signal: context.signal });
  }
}

/** `/run/x`, `/run/x with "a" and /b/`. */
export function words({ path, contains, matches: patterns }: FileCondition): string {
  const wanted = [
    ...contains.map((text) => JSON.stringify(text)),
    ...patterns.map(({ source, flags }) => `/${source}/${flags}`),
  ];
  return wanted.length === 0 ? path : `${path} with ${wanted.join(' and ')}`;
}

async function overdue(condition: FileCondition, step: WaitStep, context: StepContext) {
  const output = await explain(
    describeFileCommand(condition.path),
    `what there is of ${condition.path}`,
    context,
  );
  return productError(
    'TAPBOOT_E_WAIT_TIMEOUT',
    `waited ${seconds(step.timeoutMs)} for ${words(condition)}`,
    {
      expected: words(condition),
      got: output.includes('No such file') ? 'no such file' : 'the file as shown below',
      output,
    },
  );
}

/** Longest content that is handed back to the guest as already seen, in bytes. */
const SEEN_LIMIT = 32 * 1024;

/**
 * A script that waits until a file exists and holds every text of `contains`, and then
 * prints its content as it was then. With `seen`, the content must also be another than
 * that: for a caller who judges the content and waits on. Bytes 0 are left out.
 */
export function waitForFileScript(
  file: string,
  contains: readonly string[],
  seen: string | undefined,
): string {
  const known = seen !== undefined && Buffer.byteLength(seen) <= SEEN_LIMIT;
  return withArguments(
    `${pause}\n${untilFile}`,
    ...[file, ...(known ? ['known', seen] : ['', '']), ...contains],
  );
}

/** A command that shows a person what there is of a file. */
export function describeFileCommand(file: string): string {
  const name = shellQuote(file);
  return `ls -ld -- ${name} 2>&1; [ ! -f ${name} ] || { echo 'its last lines:'; tail -n 20 -- ${name}; }; true`;
}
