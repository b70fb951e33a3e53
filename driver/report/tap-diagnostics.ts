import path from 'node:path';
import type {
  Artifact,
  Failure,
  KernelCommandLine,
  MachineOrigin,
  RunEvent,
} from '../events/events.js';
import { capsuleCommand } from './capsule-command.js';
import { plainText } from './plain-text.js';
import type { YamlMap } from './tap-syntax.js';

type Block = YamlMap;
type StepEnd = Extract<RunEvent, { type: 'step:end' }>;
type ScenarioEnd = Extract<RunEvent, { type: 'scenario:end' }>;

/** Milliseconds with at most microseconds: `duration_ms` of TAP's consumers takes decimals. */
const milliseconds = (value: number): number => Math.round(value * 1000) / 1000;

/** Keys of a failing point. `at`, `expected` and `got` are those of TAP's own examples. */
function failureBlock(failure: Failure, detail: 'full' | 'short'): Block {
  const block: Block = {
    message: failure.message,
    class: failure.class,
    code: failure.code,
    phase: failure.phase,
  };
  if (failure.at !== undefined) {
    const { file, line, column } = failure.at;
    block['at'] = { file, line, column };
  }
  if (detail === 'short') return block;
  const [first, ...others] = failure.mismatches;
  if (first !== undefined) {
    block['what'] = first.what;
    block['expected'] = first.expected;
    block['got'] = first.got;
    if (first.diff !== undefined) block['diff'] = first.diff;
  }
  if (others.length > 0) {
    block['further_mismatches'] = others.map(({ what, expected, got, diff }) => ({
      what,
      expected,
      got,
      diff,
    }));
  }
  if (failure.hint !== undefined) block['hint'] = failure.hint;
  if (failure.frame !== undefined) block['frame'] = lines(failure.frame);
  if (failure.output !== undefined) block['output'] = lines(failure.output);
  return block;
}

/** A text for people as a list of lines: readable, and safe whatever it begins with. */
const lines = (text: string): string[] => plainText(text).replace(/\n+$/, '').split('\n');

function artifactBlock(artifacts: Artifact[]): Block {
  const unique = new Map(artifacts.map((artifact) => [artifact.path, artifact]));
  if (unique.size === 0) return {};
  return {
    artifacts: [...unique.values()].map(({ label, path: file }) => ({ label, path: file })),
  };
}

/** YAML block of a step's point; `wanted` says what the engine was asked for is known. */
export function stepBlock(event: StepEnd): Block {
  const block: Block = event.failure === undefined ? {} : failureBlock(event.failure, 'full');
  block['duration_ms'] = milliseconds(event.durationMs);
  const last = event.commands.at(-1);
  if (event.failure !== undefined && last !== undefined) {
    block['command'] = last.command;
    block['channel'] = last.channel;
    block['exit_status'] =
      last.exitStatus ?? (last.timedOut ? 'killed by its timeout' : 'none: the channel was lost');
  }
  const artifacts = [...event.artifacts, ...(event.failure?.artifacts ?? [])];
  const open = capsuleCommand(artifacts);
  return { ...block, open, ...artifactBlock(artifacts) };
}

/**
 * YAML block of a scenario's point.
 * @param told true when a step's point has told the failure in full already
 */
export function scenarioBlock(event: ScenarioEnd, told: boolean): Block {
  const { failure, origin } = event;
  return {
    outcome: event.outcome,
    ...(failure && failureBlock(failure, told ? 'short' : 'full')),
    duration_ms: milliseconds(event.durationMs),
    file: event.scenario.file,
    machine: origin === undefined ? undefined : originText(origin),
    ...artifactBlock([...event.artifacts, ...(failure?.artifacts ?? [])]),
  };
}

/** How the machine came to be, as all reports say it. */
export function originText(origin: MachineOrigin): string {
  if (origin.kind === 'booted') return `booted at ${origin.bootedAt}`;
  const run = origin.sameRun ? 'in this run' : 'in an earlier run';
  return `restored from ${origin.key}, booted at ${origin.bootedAt} ${run}`;
}

const SOURCES = {
  guest: 'kernel command line',
  console: 'kernel command line, as the kernel printed it',
  qemu: 'kernel command line, as QEMU was given it',
} as const;

/** What a kernel was started with, and where that is known from. */
export const kernelText = ({ text, source }: KernelCommandLine): string =>
  `${SOURCES[source]}: ${text}`;

/** All that is told of a scenario's machine, a line each. */
export const machineTexts = (origin: MachineOrigin): string[] => [
  originText(origin),
  ...(origin.kernel === undefined ? [] : [kernelText(origin.kernel)]),
];

/** A path as short as it can be told from a directory. */
export function shortPath(file: string, from: string): string {
  const inside = path.relative(from, file);
  return inside === '' || inside.startsWith('..') ? file : inside;
}
