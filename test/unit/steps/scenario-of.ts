/** Scenarios for tests of the engine, and a recorder of what the engine emits. */
import path from 'node:path';
import type { Artifact, NewEvent } from '../../../driver/events/events.js';
import type { OutputExpectation, StreamExpectation } from '../../../driver/language/expectation.js';
import type { Machine } from '../../../driver/language/machine-shape.js';
import type { StepBase } from '../../../driver/language/step-base.js';
import type { Scenario } from '../../../driver/scenario/model.js';
import type { RunStep } from '../../../driver/steps/run/schema.js';
import type { Step } from '../../../driver/steps/step.js';
import type { WaitCondition, WaitStep } from '../../../driver/steps/wait/schema.js';
import {
  type ReusedSteps,
  runScenarioSteps,
  type ScenarioResult,
} from '../../../driver/steps/index.js';
import type { LocalMachine } from './local-machine.js';

let line = 0;

export const base = (title: string, more: Partial<StepBase> = {}): StepBase => ({
  at: { file: 'scenario.yaml', line: (line += 1), column: 5 },
  title,
  always: false,
  timeoutMs: 10_000,
  ...more,
});

export const stream = (more: Partial<StreamExpectation>): StreamExpectation => ({
  contains: [],
  notContains: [],
  matches: [],
  notMatches: [],
  ...more,
});

export const run = (
  command: string,
  more: Partial<RunStep> = {},
  expect: Partial<OutputExpectation> = {},
): RunStep => ({
  ...base(command),
  kind: 'run',
  command,
  expect: { exit: { oneOf: [0] }, ...expect },
  ...more,
});

export const wait = (condition: WaitCondition, more: Partial<StepBase> = {}): WaitStep => ({
  ...base(`wait for ${condition.what}`, more),
  kind: 'wait',
  for: condition,
});

export function scenarioOf(steps: Step[], more: Partial<Scenario> = {}): Scenario {
  return {
    id: 'example',
    baseId: 'example',
    file: 'scenario.yaml',
    path: '/nowhere/scenario.yaml',
    name: 'Example',
    tags: [],
    subject: 'machine',
    machine: { memoryBytes: 1, cpus: 1, disks: [], network: 'isolated' },
    variables: {},
    matrix: {},
    redact: [],
    redactedValues: [],
    timeoutMs: 10_000,
    steps,
    at: { file: 'scenario.yaml', line: 1, column: 1 },
    ...more,
  };
}

export type StepEnd = Extract<NewEvent, { type: 'step:end' }>;

export interface Played {
  result: ScenarioResult;
  events: NewEvent[];
  ends: StepEnd[];
  /** `1 passed`, `2 failed guest-dead TAPBOOT_E_…`, `3 skipped: why` */
  summary: string[];
}

/** Runs steps on a machine and keeps what was emitted. */
export async function play(
  vm: LocalMachine,
  steps: Step[],
  more: {
    signal?: AbortSignal;
    redact?: (text: string) => string;
    scenario?: Partial<Scenario>;
    onEvent?: (event: NewEvent) => void;
    keepEvidence?: () => Promise<Artifact[]>;
    machine?: Machine;
    reused?: ReusedSteps;
  } = {},
): Promise<Played> {
  const events: NewEvent[] = [];
  const result = await runScenarioSteps(scenarioOf(steps, more.scenario), vm, {
    emit: (event) => {
      events.push(event);
      more.onEvent?.(event);
    },
    scenarioRef: { id: 'example', name: 'Example', file: 'scenario.yaml' },
    artifactsDirectory: path.join(vm.directory, 'artifacts'),
    redact: more.redact ?? ((text) => text),
    signal: more.signal ?? new AbortController().signal,
    log: () => undefined,
    keepEvidence: more.keepEvidence,
    machine: more.machine,
    reused: more.reused,
  });
  const ends = events.filter((event): event is StepEnd => event.type === 'step:end');
  const summary = ends.map(({ step, outcome, failure, skipReason }) =>
    [
      `${String(step.index)} ${outcome}`,
      ...(failure === undefined ? [] : [`${failure.class} ${failure.code}`]),
      ...(skipReason === undefined ? [] : [`(${skipReason})`]),
    ].join(' '),
  );
  return { result, events, ends, summary };
}
