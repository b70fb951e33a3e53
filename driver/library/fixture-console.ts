import type { GuestConsole } from '../machine/machine-under-test.js';
import { limitMs } from './limit-ms.js';
import { textPatternOf } from './look.js';
import type { VmConsole } from './vm.js';

const DEFAULT_MS = 60_000;

/**
 * The console as tests see it.
 * @param use does what has to wait, on behalf of the machine's user
 */
export function fixtureConsole(
  console: GuestConsole,
  use: <T>(work: () => Promise<T>) => Promise<T>,
): VmConsole {
  return {
    mark: () => console.mark(),
    send: (text) => {
      console.send(text);
    },
    tail: (characters = Number.MAX_SAFE_INTEGER) => console.tail(characters),
    expect: (look, { from = 'now', timeoutMs, signal } = {}) =>
      use(() =>
        console.expect(textPatternOf(look), {
          from,
          timeoutMs: limitMs(timeoutMs, DEFAULT_MS),
          signal,
        }),
      ),
  };
}
