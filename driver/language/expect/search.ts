import { createContext, Script, type Context } from 'node:vm';
import { scenarioError } from '../../errors.js';
import type { Pattern } from '../expectation.js';
import { shorten } from '../yaml/show.js';

/** Milliseconds that one search may take: real patterns search a megabyte in a few. */
export const SEARCH_MS = 1000;

/** The first place where a pattern fits. */
export interface Found {
  index: number;
  text: string;
  /** Capture groups of the pattern, in their order. */
  groups: (string | undefined)[];
}

let engine: { script: Script; context: Context } | undefined;

/**
 * Looks for a scenario's pattern in a guest's text. A pattern such as `^(a+)+$` can take longer
 * than the world will last, and neither timeouts nor Ctrl-C reach a search that has begun: so it is
 * evaluated where it can be stopped (`vm.Script` with a timeout).
 * @returns undefined where it does not fit
 * @throws TapbootError `scenario` TAPBOOT_E_PATTERN_TIME when it takes longer than
 *   {@link SEARCH_MS}
 */
export function search({ source, flags }: Pattern, text: string): Found | undefined {
  engine ??= {
    script: new Script('new RegExp(source, flags).exec(text)'),
    context: createContext({}),
  };
  const { script, context } = engine;
  Object.assign(context, { source, flags, text });
  try {
    const match = script.runInContext(context, { timeout: SEARCH_MS }) as RegExpExecArray | null;
    if (match === null) return undefined;
    return { index: match.index, text: match[0], groups: [...match].slice(1) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    throw scenarioError('TAPBOOT_E_PATTERN_TIME', 'a pattern takes too long', {
      expected: `a pattern that searches ${String(text.length)} characters within ${String(SEARCH_MS / 1000)} s`,
      got: `/${shorten(source, 200)}/${flags}`,
      hint: 'Repetitions within a repetition, as in (a+)+, multiply: let each character fit in one way only.',
    });
  } finally {
    // No text outlives its search.
    Object.assign(context, { text: '' });
  }
}
