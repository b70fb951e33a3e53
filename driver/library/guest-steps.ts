import type { CommandResult } from '../channel/channel.js';
import { type TapbootError, productError, scenarioError } from '../errors.js';
import type { Pattern, TextPattern } from '../language/expectation.js';
import { LONGEST, LONGEST_MS } from '../language/quantities.js';
import { executeStep } from '../steps/execute-step.js';
import { parseAttempt } from '../steps/guest-scripts/repeat-command.js';
import { parseUnitReport } from '../steps/guest-scripts/unit-report.js';
import { StepRecorder } from '../steps/recorder.js';
import { boundStep } from '../steps/runners.js';
import type { StartStep } from '../steps/start/schema.js';
import type { Step } from '../steps/step.js';
import type { UnitEnd, WaitCondition } from '../steps/wait/schema.js';
import type { MachineSlot } from './slot.js';
import type { Limit } from './vm-interface.js';

/** Steps made here stand in no file. */
const BASE = { at: { file: '(library)', line: 1, column: 1 }, always: false };

/** Milliseconds for what a guest does on its own time: units, DHCP. */
const GUEST_MS = 240_000;
const SHORT_MS = 60_000;

/**
 * Does one step of the scenario language on a machine, the way a scenario would.
 * @returns what it ran and noted
 * @throws TapbootError as the step fails
 */
async function doStep(slot: MachineSlot, step: Step, signal?: AbortSignal): Promise<StepRecorder> {
  const vm = slot.controller;
  const { session } = slot;
  const recorder = new StepRecorder(
    {
      vm,
      unitRuns: slot.unitRuns,
      artifactsDirectory: session.record.directory.path,
      redact: (text) => text,
      log: session.log,
    },
    { index: 1, timeoutMs: step.timeoutMs, guestIsDead: false },
  );
  session.log(`${vm.name}: ${step.title}`);
  const error = await executeStep(step, boundStep(step), {
    next: undefined,
    vm,
    guestIsDead: false,
    interrupt: signal ?? new AbortController().signal,
    recorderFor: (work) => recorder.withSignal(work),
  });
  for (const note of recorder.notes) session.log(`${vm.name}: note: ${note}`);
  if (error === undefined) return recorder;
  session.log(`${vm.name}: ${step.title}: ${error.message}`);
  throw error;
}

async function wait(
  slot: MachineSlot,
  title: string,
  condition: WaitCondition,
  limit: Limit & { defaultMs: number },
): Promise<StepRecorder> {
  const { signal } = limit;
  const timeoutMs = limitMs(limit.timeoutMs, limit.defaultMs);
  const step: Step = { ...BASE, kind: 'wait', title, timeoutMs, for: condition };
  return await doStep(slot, step, signal);
}

const lastOutput = (recorder: StepRecorder): string => recorder.commands.at(-1)?.stdout ?? '';

/** `inactive`, `failed`, as systemd said last. */
const unitState = (recorder: StepRecorder): string =>
  parseUnitReport(lastOutput(recorder)).ActiveState ?? 'unknown';

export async function waitForUnit(
  slot: MachineSlot,
  unit: string,
  options: Limit & { ended?: UnitEnd },
): Promise<string> {
  const condition: WaitCondition = {
    what: 'unit-ended',
    unit,
    since: 'boot',
    ended: options.ended ?? 'inactive',
  };
  const title = `wait for the end of ${unit}`;
  return unitState(await wait(slot, title, condition, { ...options, defaultMs: GUEST_MS }));
}

export async function waitForActiveUnit(
  slot: MachineSlot,
  unit: string,
  limit: Limit,
): Promise<void> {
  const condition: WaitCondition = { what: 'unit-active', unit };
  await wait(slot, `wait for ${unit} to be active`, condition, { ...limit, defaultMs: GUEST_MS });
}

export async function startUnit(
  slot: MachineSlot,
  unit: string,
  options: Limit & Partial<Pick<StartStep, 'action' | 'ended' | 'environment'>>,
): Promise<string> {
  const { action = 'restart', ended = 'inactive', environment = {} } = options;
  const step: StartStep = {
    ...BASE,
    kind: 'start',
    title: `${action} ${unit}`,
    unit,
    action,
    ended,
    environment,
    timeoutMs: limitMs(options.timeoutMs, GUEST_MS),
  };
  const recorder = await doStep(slot, step, options.signal);
  const run = recorder.commands.find(({ command }) => command.startsWith('systemctl re'));
  return parseUnitReport((run ?? recorder.commands.at(-1))?.stdout ?? '').ActiveState ?? 'unknown';
}

export async function waitForFile(
  slot: MachineSlot,
  path: string,
  options: Limit & { contains?: string | string[]; matches?: RegExp | RegExp[] },
): Promise<string> {
  const condition: WaitCondition = {
    what: 'file',
    path,
    contains: [options.contains ?? []].flat(),
    matches: patternsOf([options.matches ?? []].flat()),
  };
  return lastOutput(
    await wait(slot, `wait for ${path}`, condition, { ...options, defaultMs: SHORT_MS }),
  );
}

export async function waitForPort(slot: MachineSlot, port: number, limit: Limit): Promise<void> {
  const title = `wait for port ${String(port)}`;
  await wait(slot, title, { what: 'port', port }, { ...limit, defaultMs: SHORT_MS });
}

export async function waitForIpv4(slot: MachineSlot, name: string, limit: Limit): Promise<string> {
  const condition: WaitCondition = { what: 'ipv4', interface: name };
  const title = `wait for an IPv4 address on ${name}`;
  const output = lastOutput(await wait(slot, title, condition, { ...limit, defaultMs: GUEST_MS }));
  return /\binet ([0-9.]+)/.exec(output)?.[1] ?? output.trim();
}

export async function waitForConsole(
  slot: MachineSlot,
  look: ConsoleLook,
  options: Limit & { from?: 'boot' | 'now' },
): Promise<string> {
  const { from = 'boot', signal } = options;
  const { text } = await slot.controller.console.expect(textPatternOf(look), {
    from,
    timeoutMs: limitMs(options.timeoutMs, SHORT_MS),
    signal,
  });
  return text;
}

export async function waitForCommand(
  slot: MachineSlot,
  command: string,
  limit: Limit,
): Promise<string> {
  const condition: WaitCondition = {
    what: 'command',
    command,
    expect: { exit: { oneOf: [0] } },
  };
  const title = `wait until it succeeds: ${command}`;
  const output = lastOutput(await wait(slot, title, condition, { ...limit, defaultMs: SHORT_MS }));
  return parseAttempt(output)?.stdout ?? output;
}

/** A command as harness.log has it: channel, end, duration, and what it printed. */
export function commandEntry(result: CommandResult): string {
  const { channel, command, exitStatus, timedOut, durationMs, stdout, stderr } = result;
  const end = timedOut ? 'timed out' : `exit ${String(exitStatus)}`;
  const output = [stdout, stderr].filter((text) => text !== '').map((text) => `\n${text}`);
  return `${channel} (${end}, ${(durationMs / 1000).toFixed(3)} s): ${command}${output.join('')}`;
}

/** Characters of a failed command's output that go into the error. */
const EXCERPT = 4000;

/** The error for a command that had to succeed; undefined when it did. */
export function commandFailure(result: CommandResult, timeoutMs: number): TapbootError | undefined {
  const { command, exitStatus, timedOut, stdout, stderr } = result;
  if (exitStatus === 0 && !timedOut) return undefined;
  const output = [stdout, stderr].filter((text) => text.trim() !== '').join('\n');
  const excerpt = output === '' ? undefined : output.slice(-EXCERPT);
  if (timedOut) {
    return productError(
      'TAPBOOT_E_COMMAND_TIMEOUT',
      `the command did not end in time: ${command}`,
      {
        expected: `an end within ${String(timeoutMs / 1000)} s`,
        got: 'it was killed in the guest',
        output: excerpt,
      },
    );
  }
  return productError('TAPBOOT_E_COMMAND_STATUS', `the command failed: ${command}`, {
    expected: 'exit status 0',
    got: `exit status ${String(exitStatus)}`,
    output: excerpt,
  });
}

/**
 * Milliseconds of a `timeoutMs` option.
 * @param given as the test has it; undefined for the default
 * @throws TapbootError `scenario` TAPBOOT_E_LIMIT for what is no time, or longer than 7 days
 */
export function limitMs(given: number | undefined, byDefault: number): number {
  const ms = given ?? byDefault;
  if (ms > 0 && ms <= LONGEST_MS) return ms;
  throw scenarioError('TAPBOOT_E_LIMIT', 'timeoutMs has a value that cannot be used', {
    expected: `milliseconds, more than 0 and ${LONGEST} (${String(LONGEST_MS)})`,
    got: String(ms),
  });
}

/** What is looked for in text: as it stands, or by a regular expression. */
export type ConsoleLook = string | RegExp;

export const textPatternOf = (look: ConsoleLook): TextPattern =>
  typeof look === 'string' ? { text: look } : { pattern: patternOf(look) };

/** A search for one place needs no `g` and must not begin at the last one (`y`). */
const patternOf = ({ source, flags }: RegExp): Pattern => ({
  source,
  flags: flags.replace(/[gy]/g, ''),
});

export const patternsOf = (expressions: readonly RegExp[]): Pattern[] => expressions.map(patternOf);
