import { performance } from 'node:perf_hooks';
import type { VmHost } from '../machine/vm-host.js';
import type { Phase } from '../events/events.js';

const VERBS = { restore: ['restoring', 'from'], save: ['saving', 'as'] } as const;

/** Does something with a machine's snapshot, and tells the events of its begin and its end. */
export async function timed<T>(
  host: Pick<VmHost, 'emit'>,
  phase: Phase & keyof typeof VERBS,
  vm: string,
  key: string,
  work: () => Promise<T>,
): Promise<T> {
  const [verb, preposition] = VERBS[phase];
  const text = `${verb} ${vm} ${preposition} ${key}`;
  host.emit({ type: 'phase:start', phase, vm, text });
  const started = performance.now();
  const result = await work();
  const seconds = (performance.now() - started) / 1000;
  host.emit({ type: 'phase:end', phase, vm, text, seconds });
  return result;
}
