/** The steps of a scenario, one type per kind. See `model.ts`. */
import type { ChannelName } from '../channel/channel.js';
import type { OutputExpectation, Pattern, TextPattern } from '../language/expectation-model.js';
import type { SourceLocation } from '../location.js';

/** The use of a plan section that a step came from. */
export interface PlanUse {
  plan: string;
  section: string;
  /** `name` of the `plan` step. */
  name?: string;
  /** Place of the `plan` (or `resurrect`) step in the scenario. */
  at: SourceLocation;
}

/** What every step has. */
export interface StepBase {
  /** Place of the step; in the plan file for a step that a plan brought in. */
  at: SourceLocation;
  /** `name`, or one made from what the step does. One line. */
  title: string;
  /** Runs also after an earlier step has failed. */
  always: boolean;
  /** Milliseconds; from the step, else from the scenario. */
  timeoutMs: number;
  /** The channel demanded; absent: the best one that is ready. */
  channel?: ChannelName;
  /** Save the machine's state under this name once the step has passed. */
  saveAs?: string;
  via?: PlanUse;
}

/** A command in the guest and what is expected of it. */
export interface CommandStepBody {
  command: string;
  stdin?: string;
  expect: OutputExpectation;
  /** Bytes kept of each stream; absent: the channel's default. */
  outputLimit?: number;
}

export interface RunStep extends StepBase, CommandStepBody {
  kind: 'run';
}

/** A command over a real SSH connection, with the host key checked. */
export interface SshStep extends StepBase, CommandStepBody {
  kind: 'ssh';
}

export interface WaitStep extends StepBase {
  kind: 'wait';
  for: WaitCondition;
}

/** How a unit has to end. `failed` ends a wait for `inactive` at once, as a failure. */
export type UnitEnd = 'inactive' | 'failed' | 'any';

export type WaitCondition =
  | {
      what: 'unit-ended';
      unit: string;
      ended: UnitEnd;
      /**
       * It has run and exited since the boot; or, for `step`, since the last `start` step of
       * this unit, and without one since the step before this one began.
       */
      since: 'boot' | 'step';
    }
  | { what: 'unit-active'; unit: string }
  | { what: 'file'; path: string; contains: string[]; matches: Pattern[] }
  /** Something in the guest listens on this TCP port. */
  | { what: 'port'; port: number }
  /** The interface has a global IPv4 address. */
  | { what: 'ipv4'; interface: string }
  | {
      what: 'console';
      look: TextPattern;
      /** `boot`: in all that the console has shown since the boot; `now`: from here on. */
      from: 'boot' | 'now';
    }
  /** The command is repeated until its result is as expected. */
  | ({ what: 'command' } & CommandStepBody);

/** (Re)starts a unit and waits for the end of this very run of it. */
export interface StartStep extends StepBase {
  kind: 'start';
  unit: string;
  action: 'start' | 'restart';
  ended: UnitEnd;
  /** Handed to the unit by `systemctl set-environment`, and taken back after its end. */
  environment: Record<string, string>;
}

/** What is typed, and what must then be seen, on the serial console, in order. */
export interface ConsoleStep extends StepBase {
  kind: 'console';
  exchanges: ConsoleExchange[];
}

export type ConsoleExchange =
  /** Characters to type, control keys already decoded; nothing is added. */
  | { do: 'send'; text: string; at: SourceLocation }
  /** Must appear after what the exchange before it saw. */
  | { do: 'expect'; look: TextPattern; at: SourceLocation };

export interface CopyStep extends StepBase {
  kind: 'copy';
  transfer:
    /** `host` is absolute; `mode` are permission bits, e.g. 0o755. */
    | { direction: 'in'; host: string; guest: string; mode?: number }
    /** `artifact` is relative to the run's artifacts and stays below them. */
    | { direction: 'out'; guest: string; artifact: string };
}

/** A look at the raw disks from the host. */
export interface DisksStep extends StepBase {
  kind: 'disks';
  /** In the machine's order. */
  disks: DiskExpectation[];
  /** `signatures`: byte strings (`absent`, `present.bytes`) and `resurrect` are left out. */
  level: 'signatures' | 'content';
  resurrect?: Resurrection;
}

export interface DiskExpectation {
  /** `vda` … `vdz`. */
  disk: string;
  /** `none`: no known signature anywhere; `any`: not asked. */
  signatures: 'none' | 'any';
  /** Byte strings (UTF-8) that must be nowhere on the disk. */
  absent: string[];
  present: PresentOnDisk[];
}

/** Something that must be on the disk; at least one of `bytes` and `kind`. */
export interface PresentOnDisk {
  /** Byte string (UTF-8). */
  bytes?: string;
  /** Kind of finding, e.g. `md-superblock`, `lvm-label`. */
  kind?: string;
  /** Bytes from the start of the disk; absent: anywhere. */
  offset?: number;
}

/**
 * A try to bring back what was removed: a second VM with a blank `vda` and overlays of
 * `disks` as `vdb`, `vdc`, … runs the plan section; its commands say what must not come back.
 */
export interface Resurrection {
  plan: string;
  section: string;
  at: SourceLocation;
  /** Names in the first machine, in order. */
  disks: string[];
  steps: RunStep[];
  /** Strings that no command of the section may print on stdout. */
  absent: string[];
}

export interface RebootStep extends StepBase {
  kind: 'reboot';
  /** Boot from this disk instead of from the image. */
  from?: string;
  /** Must appear on the console of the new boot, in any order. */
  expect: TextPattern[];
}

export interface PowerStep extends StepBase {
  kind: 'power';
  /** `off`: an orderly shutdown, waited for; `cut`: the plug is pulled. */
  action: 'off' | 'cut';
}

/** Keeps a picture of the display. */
export interface ScreenshotStep extends StepBase {
  kind: 'screenshot';
  /** Its name, without number and suffix. */
  picture: string;
}

/** Does nothing but save the state; the name is in `saveAs`. */
export interface CheckpointStep extends StepBase {
  kind: 'checkpoint';
  saveAs: string;
}

export type Step =
  | RunStep
  | SshStep
  | WaitStep
  | StartStep
  | ConsoleStep
  | CopyStep
  | DisksStep
  | RebootStep
  | PowerStep
  | ScreenshotStep
  | CheckpointStep;

export type StepKind = Step['kind'];
