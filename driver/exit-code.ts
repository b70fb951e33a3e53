import type { FailureClass } from './error-codes.js';

/** Exit codes of `tapboot run`; the numbers are part of the interface. */
export const EXIT = {
  passed: 0,
  product: 1,
  scenario: 2,
  guestDead: 3,
  infra: 4,
  /** EX_TEMPFAIL of sysexits.h: scenarios are left on the queue. */
  incomplete: 75,
} as const;

/** Strongest first: a verdict about the product counts only when the rest is sound. */
const PRECEDENCE: readonly number[] = [
  EXIT.scenario,
  EXIT.infra,
  EXIT.guestDead,
  EXIT.product,
  EXIT.incomplete,
  EXIT.passed,
];

const OF_CLASS: Record<FailureClass, number> = {
  product: EXIT.product,
  scenario: EXIT.scenario,
  'guest-dead': EXIT.guestDead,
  infra: EXIT.infra,
};

/**
 * The one exit code for a run in which several things may have happened.
 * @param classes classes of all failures of the run
 * @param queued true when a scenario was left on the queue
 */
export function exitCode(classes: Iterable<FailureClass>, queued: boolean): number {
  const codes = new Set<number>([EXIT.passed]);
  for (const name of classes) codes.add(OF_CLASS[name]);
  if (queued) codes.add(EXIT.incomplete);
  return strongest(codes);
}

/** The exit code of several runs together; one that is none of ours counts as infrastructure. */
export function strongest(codes: Iterable<number>): number {
  const all = new Set([...codes].map((code) => (PRECEDENCE.includes(code) ? code : EXIT.infra)));
  return PRECEDENCE.find((code) => all.has(code)) ?? EXIT.passed;
}
