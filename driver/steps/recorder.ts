import type { CommandResult } from '../channel/channel.js';
import type { MachineUnderTest } from '../machine/machine-under-test.js';
import type { Artifact, CommandRecord, DiskMap } from '../events/events.js';
import type { StepCommand, StepContext } from './step-runner.js';
import type { UnitRuns } from './unit-runs.js';

/** What the steps of one scenario share. */
export interface ScenarioSurroundings {
  vm: MachineUnderTest;
  artifactsDirectory: string;
  unitRuns: UnitRuns;
  redact(text: string): string;
  log(line: string): void;
}

/** The context of one step; collects what its `step:end` will carry. */
export class StepRecorder implements StepContext {
  readonly vm: MachineUnderTest;
  readonly index: number;
  signal: AbortSignal = new AbortController().signal;
  readonly artifactsDirectory: string;
  readonly unitRuns: UnitRuns;
  readonly guestIsDead: boolean;
  readonly commands: CommandRecord[] = [];
  readonly notes: string[] = [];
  readonly artifacts: Artifact[] = [];
  readonly disks: DiskMap[] = [];
  readonly #surroundings: ScenarioSurroundings;
  readonly #deadline: number;

  /** @param timeoutMs the step's own timeout, counted from now */
  constructor(
    surroundings: ScenarioSurroundings,
    step: { index: number; timeoutMs: number; guestIsDead: boolean },
  ) {
    this.#surroundings = surroundings;
    this.vm = surroundings.vm;
    this.artifactsDirectory = surroundings.artifactsDirectory;
    this.unitRuns = surroundings.unitRuns;
    this.index = step.index;
    this.guestIsDead = step.guestIsDead;
    this.#deadline = performance.now() + step.timeoutMs;
  }

  /** The signal of the guarded work is known only once that has begun. */
  withSignal(signal: AbortSignal): this {
    this.signal = signal;
    return this;
  }

  remainingMs(): number {
    return Math.max(1, Math.round(this.#deadline - performance.now()));
  }

  run(command: string, options: StepCommand): Promise<CommandResult> {
    return this.runIn(this.vm, command, options);
  }

  async runIn(
    vm: MachineUnderTest,
    command: string,
    { label, ...options }: StepCommand,
  ): Promise<CommandResult> {
    const shown = label ?? command;
    const began = performance.now();
    let result: CommandResult | undefined;
    try {
      result = await vm.run(command, { ...options, signal: this.signal });
      return result;
    } finally {
      // A command whose channel was lost is evidence too: it has no status and no output.
      this.#record(shown, result, {
        channel: options.channel ?? 'unknown',
        durationMs: Math.round(performance.now() - began),
      });
    }
  }

  note(text: string): void {
    this.notes.push(this.redact(text));
  }

  addArtifact(artifact: Artifact): void {
    this.artifacts.push({ ...artifact, label: this.redact(artifact.label) });
  }

  addDiskMap(map: DiskMap): void {
    this.disks.push(map);
  }

  redact(text: string): string {
    return this.#surroundings.redact(text);
  }

  log(line: string): void {
    this.#surroundings.log(this.redact(line));
  }

  /** Where an output was cut, the beginning of a secret may be its end: `…` says that it is cut. */
  #output(text = '', dropped = 0): string {
    return dropped === 0 ? this.redact(text) : this.redact(`${text}…`).replace(/…$/, '');
  }

  #record(
    shown: string,
    result: CommandResult | undefined,
    otherwise: { channel: string; durationMs: number },
  ): void {
    this.commands.push({
      channel: result?.channel ?? otherwise.channel,
      command: this.redact(shown),
      stdout: this.#output(result?.stdout, result?.dropped.stdout),
      stderr: this.#output(result?.stderr, result?.dropped.stderr),
      exitStatus: result?.exitStatus ?? null,
      durationMs: result?.durationMs ?? otherwise.durationMs,
      timedOut: result?.timedOut ?? false,
      dropped: result?.dropped ?? { stdout: 0, stderr: 0 },
    });
  }
}
