import path from 'node:path';
import { scenarioError } from '../errors.js';
import { textVariable, type Environment } from '../host/environment.js';
import type { RunSettings } from '../run/settings.js';
import type { SelectionSettings } from '../run/selection.js';
import { readSettings, readSome } from './read-settings.js';
import type { Flags, Values } from './settings-table.js';

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
  const { ledgerOff, shardTimes, budget, debugFor, knownIssues, ledger, snapshotLimit, ...others } =
    readSettings(env, flags);
  const { bail, timeLimit, ...values } = others;
  if (values.fresh && values.incremental) {
    throw scenarioError('TAPBOOT_E_CONFIG_VALUE', '--fresh and --incremental exclude each other', {
      expected: 'one of them',
      hint: '--fresh boots every machine; --incremental begins in snapshots of earlier runs.',
    });
  }
  if (bail && values.maxFailures !== undefined) {
    throw scenarioError('TAPBOOT_E_CONFIG_VALUE', '--bail and --max-failures exclude each other', {
      expected: 'one of them',
      hint: '--bail is --max-failures 1.',
    });
  }
  const absolute = (file: string): string => path.resolve(workingDirectory, file);
  const optional = (file: string | undefined) => (file === undefined ? undefined : absolute(file));
  const dumbTerminal = env['TERM'] === 'dumb';
  const ci = !['', '0', 'false'].includes((env['CI'] ?? '').toLowerCase());
  return {
    ...values,
    ...selectionOf({ ...values, shardTimes, ledger, ledgerOff }, workingDirectory),
    queuePath: path.join(path.dirname(absolute(ledger)), QUEUE_FILE),
    logRoot: absolute(values.logRoot),
    tapVersion: values.tapVersion === '13' ? 13 : 14,
    workers: values.workers === 'auto' ? undefined : values.workers,
    reports: flags.report ?? [],
    knownIssuesPath: optional(knownIssues),
    maxFailures: bail ? 1 : values.maxFailures,
    timeLimitMs: timeLimit,
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

const SELECTION = ['grep', 'lastFailed', 'shard', 'shardTimes', 'ledger', 'ledgerOff'] as const;

/**
 * What settings say of the scenarios of a run, for `list`, which needs no others.
 * @param workingDirectory absolute; relative paths count from it
 * @throws TapbootError `scenario` TAPBOOT_E_CONFIG_VALUE, naming the setting
 */
export const selectionSettings = (
  env: Environment,
  flags: Flags,
  workingDirectory: string,
): SelectionSettings => selectionOf(readSome(SELECTION, env, flags), workingDirectory);

function selectionOf(
  {
    grep,
    lastFailed,
    shard,
    shardTimes,
    ledger,
    ledgerOff,
  }: Pick<Values, (typeof SELECTION)[number]>,
  workingDirectory: string,
): SelectionSettings {
  if (shardTimes !== undefined && shard === undefined) {
    throw scenarioError('TAPBOOT_E_CONFIG_VALUE', '--shard-times needs --shard', {
      expected: 'both, or none of them',
      got: `--shard-times ${shardTimes}`,
      hint: 'Add --shard 1/2, for example.',
    });
  }
  const absolute = (file: string): string => path.resolve(workingDirectory, file);
  return {
    grep,
    lastFailed,
    shard,
    shardTimesPath: shardTimes === undefined ? undefined : absolute(shardTimes),
    ledgerPath: ledgerOff ? undefined : absolute(ledger),
  };
}
