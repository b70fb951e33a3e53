import { scenarioError } from '../errors.js';
import { LONGEST, LONGEST_MS, parseDuration } from '../language/quantities.js';

import type { Environment } from '../host/environment.js';

const YES = new Set(['1', 'true', 'yes', 'on']);
const NO = new Set(['', '0', 'false', 'no', 'off']);

/**
 * Parses a whole number of at least 1, as a flag or a variable spells it.
 * @param source how the user calls the setting (`BOOT_IMAGE_VM_SPAWN_TIMEOUT`, `--repeat`)
 * @param unit for the message, e.g. `seconds`
 * @param limit the highest number, and how the message calls it
 * @throws TapbootError `scenario` TAPBOOT_E_CONFIG_VALUE
 */
export function positiveInteger(
  source: string,
  value: string,
  unit: string,
  limit?: Limit,
): number {
  const trimmed = value.trim();
  const number = Number(trimmed);
  const highest = limit?.highest ?? Number.MAX_SAFE_INTEGER;
  if (/^\+?\d+$/.test(trimmed) && number > 0 && number <= highest) return number;
  const range = limit === undefined ? '1 or more' : `1 to ${String(highest)}`;
  throw scenarioError('TAPBOOT_E_CONFIG_VALUE', `${source} has a value that cannot be used`, {
    expected: `a positive integer (${unit})${limit === undefined ? '' : `, ${limit.text}`}`,
    got: JSON.stringify(value),
    hint: `Set ${source} to a whole number of ${range}, or leave it out for the default.`,
  });
}

/** The highest value of a setting. */
export interface Limit {
  highest: number;
  /** `at most 7 days` */
  text: string;
}

/** The longest time that any setting takes, in its unit. */
export const longest = (unit: 'seconds' | 'minutes'): Limit => ({
  highest: LONGEST_MS / (unit === 'seconds' ? 1000 : 60_000),
  text: LONGEST,
});

/**
 * Milliseconds of a duration as scenarios write it: `90s`, `10m`.
 * @throws TapbootError `scenario` TAPBOOT_E_CONFIG_VALUE
 */
export function duration(source: string, value: string): number {
  const milliseconds = parseDuration(value.trim());
  if (milliseconds !== undefined) return milliseconds;
  throw scenarioError('TAPBOOT_E_CONFIG_VALUE', `${source} has a value that cannot be used`, {
    expected: `a duration such as 90s, 10m or 1h, ${LONGEST}`,
    got: JSON.stringify(value),
    hint: `Write ${source} 10m, for example.`,
  });
}

/** A positive integer from the environment; `fallback` when the variable is unset. */
export function integerVariable(
  env: Environment,
  name: string,
  unit: string,
  fallback: number,
  limit?: Limit,
): number {
  const value = env[name];
  return value === undefined ? fallback : positiveInteger(name, value, unit, limit);
}

/**
 * A yes/no variable: 1/true/yes/on, or 0/false/no/off/empty; case does not matter.
 * @throws TapbootError `scenario` TAPBOOT_E_CONFIG_VALUE for anything else
 */
export function switchVariable(env: Environment, name: string): boolean {
  const value = (env[name] ?? '').trim().toLowerCase();
  if (YES.has(value)) return true;
  if (NO.has(value)) return false;
  throw scenarioError('TAPBOOT_E_CONFIG_VALUE', `${name} has a value that cannot be used`, {
    expected: '1, true or yes (0, false, no or unset to leave it off)',
    got: JSON.stringify(env[name]),
    hint: `Set ${name}=1, or unset it.`,
  });
}

/**
 * A flag or variable that must be one of a few words.
 * @throws TapbootError `scenario` TAPBOOT_E_CONFIG_VALUE
 */
export function oneOf<const T extends string>(
  source: string,
  value: string,
  choices: readonly T[],
): T {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw scenarioError('TAPBOOT_E_CONFIG_VALUE', `${source} has a value that cannot be used`, {
    expected: `one of ${choices.join(', ')}`,
    got: JSON.stringify(value),
    hint: `Choose ${choices.map((choice) => `${source} ${choice}`).join(' or ')}.`,
  });
}
