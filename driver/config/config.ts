import path from 'node:path';
import { scenarioError } from '../errors.js';
import { textVariable, type Environment } from '../host/environment.js';
import type { RunSettings } from '../run/settings.js';
import { readSettings } from './read-settings.js';
import type { Flags } from './settings-table.js';

/** Minutes and seconds of the specification, which nothing but a larger budget changes. */
const HARD_BUDGET_MINUTES = 50;
const SESSION_CEILING_SECONDS = 3600;

/** Name of the queue file, in the ledger's directory. */
const QUEUE_FILE = 'vm-run-queue.json';

/**
 * Reads flags and environment into one object.
 *
 * The ledger does not move with the log root: it is the history across runs, and a
 * run that keeps its files elsewhere still belongs to it. A budget above the hard
 * limit raises the limit with it: who asks for 90 minutes means 90.
 *
 * @param workingDirectory absolute; relative paths count from it
 * @throws TapbootError `scenario` TAPBOOT_E_CONFIG_VALUE, naming the setting
 */
export function readConfig(env: Environment, flags: Flags, workingDirectory: string): RunSettings {
  const { budget, debugFor, knownIssues, ledger, ledgerOff, snapshotLimit, ...values } =
    readSettings(env, flags);
  if (values.fresh && values.incremental) {
    throw scenarioError('TAPBOOT_E_CONFIG_VALUE', '--fresh and --incremental exclude each other', {
      expected: 'one of them',
      hint: '--fresh boots every machine; --incremental begins in snapshots of earlier runs.',
    });
  }
  const absolute = (file: string): string => path.resolve(workingDirectory, file);
  const optional = (file: string | undefined) => (file === undefined ? undefined : absolute(file));
  const ledgerPath = absolute(ledger);
  const dumbTerminal = env['TERM'] === 'dumb';
  const ci = !['', '0', 'false'].includes((env['CI'] ?? '').toLowerCase());
  return {
    ...values,
    ledgerPath: ledgerOff ? undefined : ledgerPath,
    queuePath: path.join(path.dirname(ledgerPath), QUEUE_FILE),
    logRoot: absolute(values.logRoot),
    tapVersion: values.tapVersion === '13' ? 13 : 14,
    workers: values.workers === 'auto' ? undefined : values.workers,
    reports: flags.report ?? [],
    knownIssuesPath: optional(knownIssues),
    budgetMinutes: budget,
    hardBudgetMinutes: Math.max(HARD_BUDGET_MINUTES, budget),
    sessionCeilingSeconds: SESSION_CEILING_SECONDS,
    snapshotDirectory: optional(values.snapshotDirectory),
    snapshotLimitBytes: 1024 ** 2 * snapshotLimit,
    debug: flags.debug ?? flags.debugFor !== undefined,
    debugForMs: debugFor,
    // A capsule holds keys: what a CI service keeps of a run is seen by many.
    capture: values.capture ?? (ci ? 'none' : 'failure'),
    color: (flags.color ?? true) && textVariable(env, 'NO_COLOR') === undefined && !dumbTerminal,
    dumbTerminal,
    ci,
  };
}
