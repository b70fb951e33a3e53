import { scenarioError, type TapbootError } from '../errors.js';

/**
 * A wrong call, from commander's words for it: `error: unknown option '--imge'`, with
 * `(Did you mean --image?)` on a line of its own when something is near.
 */
export function usageError(message: string): TapbootError {
  const [first = '', ...rest] = message.trim().split('\n');
  const suggestion = rest
    .join(' ')
    .trim()
    .replace(/^\(|\)$/g, '');
  return scenarioError('TAPBOOT_E_USAGE', first.replace(/^error: /, ''), {
    hint: suggestion === '' ? 'tapboot --help lists all commands' : suggestion,
  });
}
