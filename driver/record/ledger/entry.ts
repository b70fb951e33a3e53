import type { Artifact, RunOutcome, ScenarioOutcome } from '../../events/events.js';
import type { FailureClass } from '../../error-codes.js';

/** One scenario of a past run; what the line did not say is undefined. */
export interface PastScenario {
  id: string | undefined;
  name: string;
  file: string;
  outcome: ScenarioOutcome | undefined;
  class: FailureClass | undefined;
  seconds: number | undefined;
  start: 'booted' | 'restored' | undefined;
}

/** One run as a ledger tells it, whoever wrote the ledger. */
export interface PastRun {
  /** Line in the file, from 1. */
  line: number;
  runId: string | undefined;
  /** ISO 8601. */
  timestamp: string | undefined;
  outcome: RunOutcome | undefined;
  interrupted: boolean;
  /** `driver_args`, or `pytest_args` of a ledger from before. */
  args: string[];
  metadata: string | undefined;
  harnessLog: string | undefined;
  serialLog: string | undefined;
  ssh: { host: string | undefined; port: number | undefined };
  qemu: { command: string[]; version: string | undefined };
  timeouts: { spawnSeconds: number | undefined; loginSeconds: number | undefined };
  scenarios: PastScenario[];
  timings: {
    start: string | undefined;
    end: string | undefined;
    buildSeconds: number | undefined;
    bootToLoginSeconds: number | undefined;
    bootToSshSeconds: number | undefined;
    totalSeconds: number | undefined;
  };
  sessionCeilingExceeded: boolean;
  diagnostics: Artifact[];
}

type Loose = Record<string, unknown>;
const RUN_OUTCOMES = ['passed', 'flaky', 'failed', 'error'] as const;
const OUTCOMES = [
  ...(['passed', 'flaky', 'known', 'failed', 'queued', 'not-run', 'interrupted'] as const),
] as const;
const CLASSES = ['product', 'scenario', 'guest-dead', 'infra'] as const;

const isObject = (value: unknown): value is Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const object = (value: unknown): Loose => (isObject(value) ? value : {});
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;
const number = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;
const texts = (value: unknown): string[] =>
  list(value).filter((item): item is string => typeof item === 'string');
const word = <T extends string>(value: unknown, words: readonly T[]): T | undefined =>
  words.find((candidate) => candidate === value);

function pastScenario(value: unknown): PastScenario[] {
  if (!isObject(value)) return [];
  const name = text(value['name']) ?? text(value['id']);
  if (name === undefined) return [];
  return [
    {
      id: text(value['id']),
      name,
      file: text(value['file']) ?? '',
      outcome: word(value['outcome'], OUTCOMES),
      class: word(value['class'], CLASSES),
      seconds: number(value['seconds']),
      start: word(value['start'], ['booted', 'restored']),
    },
  ];
}

function artifacts(value: unknown): Artifact[] {
  return list(value).flatMap((item) => {
    const { label, path } = object(item);
    return typeof path === 'string' ? [{ label: text(label) ?? path, path }] : [];
  });
}

/**
 * Reads the value of a ledger line whatever its keys: unknown ones are passed over,
 * missing or ill-typed ones become undefined or empty.
 * @returns undefined when the value is no object at all
 */
export function pastRun(value: unknown, line: number): PastRun | undefined {
  if (!isObject(value)) return undefined;
  const [ssh, qemu] = [object(value['ssh']), object(value['qemu'])];
  const [timeouts, timings] = [object(value['timeouts']), object(value['timings'])];
  return {
    line,
    runId: text(value['run_id']),
    timestamp: text(value['timestamp']),
    outcome: word(value['outcome'], RUN_OUTCOMES),
    interrupted: value['interrupted'] === true,
    args: texts(value['driver_args'] ?? value['pytest_args']),
    metadata: text(value['metadata']),
    harnessLog: text(value['harness_log']),
    serialLog: text(value['serial_log']),
    ssh: { host: text(ssh['host']), port: number(ssh['port']) },
    qemu: { command: texts(qemu['command']), version: text(qemu['version']) },
    timeouts: {
      spawnSeconds: number(timeouts['spawn_seconds']),
      loginSeconds: number(timeouts['login_seconds']),
    },
    scenarios: list(value['scenarios']).flatMap(pastScenario),
    timings: {
      start: text(timings['start']),
      end: text(timings['end']),
      buildSeconds: number(timings['build_seconds']),
      bootToLoginSeconds: number(timings['boot_to_login_seconds']),
      bootToSshSeconds: number(timings['boot_to_ssh_seconds']),
      totalSeconds: number(timings['total_seconds']),
    },
    sessionCeilingExceeded: value['session_ceiling_exceeded'] === true,
    diagnostics: artifacts(value['diagnostics']),
  };
}
