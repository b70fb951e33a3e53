import { relative } from 'node:path';
import { asTapbootError, describeError } from '../../errors.js';
import { runCommand } from '../../run/run-command.js';
import type { RunRequest } from '../../run/request.js';
import { FileChanges } from './file-changes.js';

/** Why a run is ended before its time: what it runs is no longer what is written. */
const CHANGED = 'a change of its files';

/**
 * Runs scenarios again at each change of a scenario or plan file, from the deepest snapshot
 * that the change leaves valid. A run under way is given up for a newer one. Mistakes in a
 * file are told, and the next save is waited for.
 * @param requestFor makes the request of one run
 * @param signal ends the watching
 */
export async function watchScenarios(
  requestFor: (signal: AbortSignal) => Promise<RunRequest>,
  signal: AbortSignal,
): Promise<void> {
  const { scenarioPaths, stderr, workingDirectory } = await requestFor(signal);
  const say = (text: string): void => {
    stderr.write(`tapboot: ${text}\n`);
  };
  await using changes = await FileChanges.at(scenarioPaths, (error) => {
    say(`some changes may go unnoticed: ${asTapbootError(error).message}`);
  });
  let next = changes.next(signal);
  for (;;) {
    const superseded = new AbortController();
    const stop = AbortSignal.any([signal, superseded.signal]);
    const running = runOnce(() => requestFor(stop), say);
    const ended = await Promise.race([running.then(() => true), next.then(() => false)]);
    if (!ended && !signal.aborted) superseded.abort(CHANGED);
    await running;
    if (signal.aborted) return;
    if (ended) say('waiting for a change (Ctrl-C ends)');
    const changed = await next;
    if (changed.length === 0) return;
    say(`changed: ${changed.map((path) => relative(workingDirectory, path)).join(', ')}`);
    next = changes.next(signal);
  }
}

async function runOnce(
  requestFor: () => Promise<RunRequest>,
  say: (text: string) => void,
): Promise<void> {
  const began = performance.now();
  try {
    const code = await runCommand(await requestFor());
    say(`exit code ${String(code)}, ${((performance.now() - began) / 1000).toFixed(1)} s`);
  } catch (thrown) {
    say(describeError(asTapbootError(thrown)));
  }
}
