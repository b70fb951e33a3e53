import { asTapbootError, type TapbootError } from '../../errors.js';
import { withGrace, type StepRunner } from '../step-runner.js';
import { looked } from '../wording.js';

/**
 * `console`: types on the serial console and waits for what must appear, in order. The first
 * expectation counts from where the console was when the step began.
 */
export const runner: StepRunner<'console'> = {
  needs: () => 'on',
  hostSide: false,
  awaits: (step) => {
    const wanted = step.exchanges.flatMap((exchange) =>
      exchange.do === 'expect' ? [looked(exchange.look)] : [],
    );
    return wanted.length === 0
      ? 'the console to take the text'
      : `${wanted.join(', ')} on the console`;
  },
  ceilingMs: withGrace,
  run: async (step, context) => {
    const { console } = context.vm;
    let from = console.mark();
    for (const exchange of step.exchanges) {
      if (exchange.do === 'send') {
        console.send(exchange.text);
        continue;
      }
      try {
        const seen = await console.expect(exchange.look, {
          from,
          timeoutMs: context.remainingMs(),
          signal: context.signal,
        });
        from = seen.end;
      } catch (error) {
        throw placedAt(asTapbootError(error), exchange.at);
      }
    }
  },
};

/** The same error at the line of the exchange rather than that of the whole step. */
function placedAt(
  error: TapbootError,
  at: { file: string; line: number; column: number },
): TapbootError {
  if (error.details.at !== undefined) return error;
  return error.with(error.message, { ...error.details, at });
}
