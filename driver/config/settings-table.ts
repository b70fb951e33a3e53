import type { Environment } from '../host/environment.js';
import type { TextPattern } from '../language/expectation.js';
import { LONGEST, LONGEST_MS } from '../language/quantities.js';
import type { ShardNumber } from '../run/shard.js';

/** What values a setting takes. */
export type Takes =
  | { kind: 'text' }
  | { kind: 'switch' }
  | { kind: 'duration' }
  /** Plain text, or `/source/flags`. */
  | { kind: 'look' }
  /** `N/M`. */
  | { kind: 'shard' }
  /** A number with decimals; `or`: a word in its place. */
  | { kind: 'factor'; least: number; most: number; or: string }
  | { kind: 'words'; words: readonly string[] }
  /** `limit`: how messages call `most`, where not by its number; `or`: a word in its place. */
  | { kind: 'whole'; unit: string; least: number; most?: number; limit?: string; or?: string };

/** A setting: how it is given, what it takes, and what help says of it. */
export interface Setting {
  /** As commander has it. */
  flag?: string;
  /** An environment variable; a flag wins over it. */
  variable?: string;
  takes: Takes;
  /** As it would be written; without one, a switch is off and all else is absent. */
  default?: string;
  /** The default in words, where it says more, or stands elsewhere. */
  otherwise?: string;
  says?: string;
}

const text = { kind: 'text' } as const;
const onOff = { kind: 'switch' } as const;
const duration = { kind: 'duration' } as const;
const factor = { kind: 'factor', least: 0.1, most: 100, or: 'auto' } as const;
const words = <const W extends string>(...all: W[]) => ({ kind: 'words', words: all }) as const;
const count = (unit: string) => ({ kind: 'whole', unit, least: 1 }) as const;
const seconds = { ...count('seconds'), most: LONGEST_MS / 1000, limit: LONGEST };
const minutes = { ...count('minutes'), most: LONGEST_MS / 60_000, limit: LONGEST };

/** Highest limit in MiB whose bytes are still an exact number: 2^53 - 1 bytes. */
const MOST_MEBIBYTES = Math.floor(Number.MAX_SAFE_INTEGER / 1024 ** 2);

/**
 * Every setting of a run that a flag or a variable gives, under the name that commander has for
 * the flag. Data alone: `--help` reads it, and must not load the schemas of values.
 */
export const SETTINGS = {
  image: {
    flag: '--image <spec>',
    variable: 'TAPBOOT_IMAGE',
    takes: text,
    says: 'boot image: debian, debian:iso, nix:…, file:…',
  },
  grep: {
    flag: '--grep <pattern>',
    takes: { kind: 'look' },
    says: 'only scenarios with this text, or /regex/, in id or name',
  },
  lastFailed: {
    flag: '--last-failed',
    takes: onOff,
    says: 'only scenarios that failed when they last ran',
  },
  shard: {
    flag: '--shard <n/m>',
    takes: { kind: 'shard' },
    says: 'only the n-th of m parts of these',
  },
  shardTimes: {
    flag: '--shard-times <file>',
    takes: text,
    says: 'divide shards by the durations in this ledger',
  },
  reporter: {
    flag: '--reporter <name>',
    takes: words('tap', 'pretty'),
    otherwise: 'pretty on a terminal, else tap',
  },
  tapVersion: { flag: '--tap-version <number>', takes: words('13', '14'), default: '14' },
  tapFlat: {
    flag: '--tap-flat',
    takes: onOff,
    says: 'TAP without subtests: one test point per step',
  },
  accel: {
    flag: '--accel <name>',
    takes: words('auto', 'kvm', 'tcg'),
    default: 'auto',
    otherwise: 'auto, KVM where a probe succeeds',
  },
  fresh: { flag: '--fresh', takes: onOff, says: 'ignore snapshots: boot every machine' },
  workers: {
    flag: '--workers <number>',
    takes: { ...count('workers'), or: 'auto' },
    default: 'auto',
    otherwise: 'by cores and free memory',
    says: 'run scenarios in parallel',
  },
  standby: {
    flag: '--standby <when>',
    variable: 'TAPBOOT_STANDBY',
    takes: words('auto', 'off'),
    default: 'auto',
    otherwise: 'auto, where memory allows it',
    says: 'restore the next machine ahead',
  },
  incremental: {
    flag: '--incremental',
    takes: onOff,
    says: 'resume after the last unchanged step',
  },
  repeat: {
    flag: '--repeat <times>',
    takes: count('times'),
    default: '1',
    says: 'run each scenario this many times',
  },
  retries: {
    flag: '--retries <times>',
    takes: { ...count('further attempts'), least: 0 },
    default: '0',
    says: 'retry a failed scenario; a later pass is flaky',
  },
  knownIssues: {
    flag: '--known-issues <file>',
    takes: text,
    otherwise: 'known-issues.yaml, if any',
    says: 'list of tolerated failures',
  },
  maxFailures: {
    flag: '--max-failures <number>',
    takes: count('failures'),
    says: 'stop after this many failed scenarios',
  },
  bail: { flag: '--bail', takes: onOff, says: 'stop after the first: --max-failures 1' },
  timeoutFactor: {
    flag: '--timeout-factor <factor>',
    variable: 'TAPBOOT_TIMEOUT_FACTOR',
    takes: factor,
    default: '1',
    says: 'multiply timeouts of steps; auto: by accelerator',
  },
  timeLimit: {
    flag: '--time-limit <time>',
    takes: duration,
    says: 'start nothing after this time; queue the rest',
  },
  budget: {
    flag: '--budget <minutes>',
    takes: minutes,
    default: '45',
    says: 'queue scenarios that do not fit',
  },
  resume: { flag: '--resume', takes: onOff, says: 'run the scenarios that an earlier run queued' },
  capture: {
    flag: '--capture <what>',
    takes: words('failure', 'every-step', 'none'),
    says: 'what a failure capsule keeps',
  },
  debug: { flag: '--debug', takes: onOff, says: 'stop at a failure and keep the machine running' },
  debugFor: {
    flag: '--debug-for <time>',
    takes: duration,
    default: '10m',
    says: 'with --debug and no terminal: keep it this long',
  },
  logRoot: {
    flag: '--log-root <directory>',
    variable: 'BOOT_IMAGE_VM_LOG_ROOT',
    takes: text,
    default: 'notes',
    says: 'parent of the run directories',
  },
  // NO_COLOR is none of ours: any value counts (https://no-color.org).
  color: { flag: '--no-color', takes: onOff, says: 'print without colours ($NO_COLOR)' },
  spawnTimeoutSeconds: { variable: 'BOOT_IMAGE_VM_SPAWN_TIMEOUT', takes: seconds, default: '900' },
  loginTimeoutSeconds: { variable: 'BOOT_IMAGE_VM_LOGIN_TIMEOUT', takes: seconds, default: '300' },
  ledger: {
    variable: 'BOOT_IMAGE_VM_LEDGER_PATH',
    takes: text,
    default: 'notes/vm-run-ledger.jsonl',
  },
  ledgerOff: { variable: 'BOOT_IMAGE_VM_DISABLE_LEDGER', takes: onOff },
  snapshotDirectory: { variable: 'TAPBOOT_SNAPSHOT_DIR', takes: text },
  snapshotLimit: {
    variable: 'TAPBOOT_SNAPSHOT_LIMIT',
    takes: { ...count('MiB'), most: MOST_MEBIBYTES },
    default: '5120',
  },
  ramFormat: {
    variable: 'TAPBOOT_RAM_FORMAT',
    takes: words('auto', 'stream', 'mapped-ram', 'shared-ram'),
    default: 'auto',
  },
  firmware: { variable: 'TAPBOOT_OVMF', takes: text },
  secondImage: { variable: 'TAPBOOT_SECOND_IMAGE', takes: text, default: 'debian:fast' },
} as const satisfies Record<string, Setting>;

type Settings = typeof SETTINGS;

/** Names of the settings that a flag gives. */
export type FlagName = {
  [Name in keyof Settings]: Settings[Name] extends { flag: string } ? Name : never;
}[keyof Settings];

/** What the command line said, as it was typed. */
export type Flags = {
  [Name in FlagName]?: Settings[Name]['takes'] extends { kind: 'switch' } ? boolean : string;
} & {
  /** Each `NAME=TARGET`. */
  report?: string[];
};

type Value<T extends Takes> = T extends { words: readonly (infer Word)[] }
  ? Word
  : T extends { or: infer Word }
    ? Word | number
    : ValueOfKind[T['kind']];

interface ValueOfKind {
  text: string;
  switch: boolean;
  duration: number;
  look: TextPattern;
  shard: ShardNumber;
  factor: number;
  whole: number;
  words: never;
}

/** What all settings together have for values. */
export type Values = {
  [Name in keyof Settings]:
    | Value<Settings[Name]['takes']>
    | (Settings[Name] extends { default: string } | { takes: { kind: 'switch' } }
        ? never
        : undefined);
};

/** What a setting says, and who says so: a flag, a variable, or `default`. */
export interface Written {
  source: string;
  text: string;
}

/** A setting as it is written: by its flag, else its variable, else its default. */
export function written(
  { flag, variable, takes, default: otherwise }: Setting,
  environment: Environment,
  given: string | undefined,
): Written | undefined {
  if (given !== undefined) return { source: flag?.split(' ')[0] ?? '', text: given };
  const text = variable === undefined ? undefined : environment[variable];
  // An empty variable is as good as none, but where a number is asked for.
  const number = takes.kind === 'whole' || takes.kind === 'factor';
  if (variable !== undefined && text !== undefined && (text !== '' || number)) {
    return { source: variable, text };
  }
  return otherwise === undefined ? undefined : { source: 'default', text: otherwise };
}

/** One setting that takes any text, for commands that need no other. */
export const textSetting = <Name extends 'image' | 'ledger' | 'logRoot'>(
  name: Name,
  environment: Environment,
  given?: string,
): Values[Name] => written(SETTINGS[name], environment, given)?.text as Values[Name];
