import type { TextPattern } from '../language/expectation.js';
import type { Guest } from './guest.js';
import type { GuestConsole } from './machine-under-test.js';

const patternOf = (look: TextPattern): string | RegExp =>
  'text' in look ? look.text : new RegExp(look.pattern.source, look.pattern.flags);

/** The console of a guest as steps use it. */
export function consoleOf(guest: Guest): GuestConsole {
  return {
    mark: () => guest.transcript.mark(),
    send: (text) => {
      guest.console.send(text);
    },
    expect: async (look, { from, timeoutMs, signal }) => {
      const match = await guest.guard(
        guest.console.expect(patternOf(look), {
          timeoutMs,
          from,
          signal,
        }),
      );
      return { text: match.text, end: match.end };
    },
    tail: (characters) => guest.transcript.text().slice(-characters),
  };
}
