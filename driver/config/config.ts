import path from 'node:path';
import { scenarioError } from '../errors.js';
import type { Environment } from '../host/environment.js';
import { textVariable } from '../host/environment.js';
import type { RunSettings } from '../run/settings.js';
import {
  duration,
  integerVariable,
  longest,
  oneOf,
  positiveInteger,
  switchVariable,
} from './variables.js';

/**
 * What the command line said, as strings the way they were typed; all optional.
 * Flags win over environment variables.
 */
export interface Flags {
  image?: string;
  reporter?: string;
  tapVersion?: string;
  tapFlat?: boolean;
  accel?: string;
  fresh?: boolean;
  incremental?: boolean;
  repeat?: string;
  /** A number, or `auto`. */
  workers?: string;
  retries?: string;
  /** Each `NAME=TARGET`. */
  report?: string[];
  knownIssues?: string;
  /** Minutes. */
  budget?: string;
  resume?: boolean;
  debug?: boolean;
  /** A duration. */
  debugFor?: string;
  capture?: string;
  logRoot?: string;
  /** False for `--no-color`. */
  color?: boolean;
}

/** Defaults; the first two are the seed's, the budget's are the specification's. */
export const DEFAULTS = {
  spawnTimeoutSeconds: 900,
  loginTimeoutSeconds: 300,
  ledger: 'notes/vm-run-ledger.jsonl',
  logRoot: 'notes',
  budgetMinutes: 45,
  hardBudgetMinutes: 50,
  sessionCeilingSeconds: 3600,
  snapshotLimitMebibytes: 5120,
  debugFor: '10m',
} as const;

/** Highest limit in MiB whose bytes are still an exact number: 2^53 - 1 bytes. */
export const MOST_MEBIBYTES = Math.floor(Number.MAX_SAFE_INTEGER / 1024 ** 2);

/** Name of the queue file, in the ledger's directory. */
export const QUEUE_FILE = 'vm-run-queue.json';

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
  const absolute = (value: string): string => path.resolve(workingDirectory, value);
  const ledger = absolute(textVariable(env, 'BOOT_IMAGE_VM_LEDGER_PATH') ?? DEFAULTS.ledger);
  const ledgerOff = switchVariable(env, 'BOOT_IMAGE_VM_DISABLE_LEDGER');
  const budgetMinutes =
    flags.budget === undefined
      ? DEFAULTS.budgetMinutes
      : positiveInteger('--budget', flags.budget, 'minutes', longest('minutes'));
  if (flags.fresh === true && flags.incremental === true) {
    throw scenarioError('TAPBOOT_E_CONFIG_VALUE', '--fresh and --incremental exclude each other', {
      expected: 'one of them',
      hint: '--fresh boots every machine; --incremental begins in snapshots of earlier runs.',
    });
  }
  const states = textVariable(env, 'TAPBOOT_SNAPSHOT_DIR');
  const dumbTerminal = env['TERM'] === 'dumb';
  const ci = !['', '0', 'false'].includes((env['CI'] ?? '').toLowerCase());
  return {
    spawnTimeoutSeconds: integerVariable(
      env,
      'BOOT_IMAGE_VM_SPAWN_TIMEOUT',
      'seconds',
      DEFAULTS.spawnTimeoutSeconds,
      longest('seconds'),
    ),
    loginTimeoutSeconds: integerVariable(
      env,
      'BOOT_IMAGE_VM_LOGIN_TIMEOUT',
      'seconds',
      DEFAULTS.loginTimeoutSeconds,
      longest('seconds'),
    ),
    ledgerPath: ledgerOff ? undefined : ledger,
    queuePath: path.join(path.dirname(ledger), QUEUE_FILE),
    logRoot: absolute(
      flags.logRoot ?? textVariable(env, 'BOOT_IMAGE_VM_LOG_ROOT') ?? DEFAULTS.logRoot,
    ),
    image: flags.image ?? textVariable(env, 'TAPBOOT_IMAGE'),
    reporter:
      flags.reporter === undefined
        ? undefined
        : oneOf<'tap' | 'pretty'>('--reporter', flags.reporter, ['tap', 'pretty']),
    tapVersion: oneOf('--tap-version', flags.tapVersion ?? '14', ['13', '14']) === '13' ? 13 : 14,
    tapFlat: flags.tapFlat ?? false,
    accel: oneOf('--accel', flags.accel ?? 'auto', ['auto', 'kvm', 'tcg']),
    fresh: flags.fresh ?? false,
    incremental: flags.incremental ?? false,
    repeat: flags.repeat === undefined ? 1 : positiveInteger('--repeat', flags.repeat, 'times'),
    workers:
      (flags.workers ?? 'auto') === 'auto'
        ? undefined
        : positiveInteger('--workers', flags.workers ?? '', 'workers'),
    retries:
      (flags.retries ?? '0').trim() === '0'
        ? 0
        : positiveInteger('--retries', flags.retries ?? '', 'further attempts'),
    reports: flags.report ?? [],
    knownIssuesPath: flags.knownIssues === undefined ? undefined : absolute(flags.knownIssues),
    budgetMinutes,
    hardBudgetMinutes: Math.max(DEFAULTS.hardBudgetMinutes, budgetMinutes),
    sessionCeilingSeconds: DEFAULTS.sessionCeilingSeconds,
    snapshotDirectory: states === undefined ? undefined : absolute(states),
    snapshotLimitBytes:
      1024 ** 2 *
      integerVariable(env, 'TAPBOOT_SNAPSHOT_LIMIT', 'MiB', DEFAULTS.snapshotLimitMebibytes, {
        highest: MOST_MEBIBYTES,
        text: `at most ${String(MOST_MEBIBYTES)}`,
      }),
    ramFormat: oneOf('TAPBOOT_RAM_FORMAT', textVariable(env, 'TAPBOOT_RAM_FORMAT') ?? 'auto', [
      'auto',
      'stream',
      'mapped-ram',
      'shared-ram',
    ]),
    resume: flags.resume ?? false,
    debug: flags.debug ?? flags.debugFor !== undefined,
    debugForMs: duration('--debug-for', flags.debugFor ?? DEFAULTS.debugFor),
    // A capsule holds keys: what a CI service keeps of a run is seen by many.
    capture: oneOf('--capture', flags.capture ?? (ci ? 'none' : 'failure'), [
      'failure',
      'every-step',
      'none',
    ]),
    color: (flags.color ?? true) && textVariable(env, 'NO_COLOR') === undefined && !dumbTerminal,
    dumbTerminal,
    ci,
  };
}
