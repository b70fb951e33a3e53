/**
 * The library: a booted machine for test files, scenarios run from code, and the inspection
 * of raw disks. What is not exported here is internal and may change at any time.
 */
export { bootImageVm, type BootImageVmOptions } from './library/fixture.js';
export { endBootImageVms, type SessionOptions } from './library/sessions.js';
export {
  runScenarios,
  type RunReport,
  type RunScenariosOptions,
  type ScenarioReport,
} from './library/run-scenarios.js';
export type { MachineOptions, Size } from './library/machine-options.js';
export type { TestContext } from './library/test-context.js';
export type { TestsOutcome } from './library/verdict.js';
export type {
  BootImageVM,
  CommandOptions,
  Limit,
  RecordPlaces,
  SshAccess,
  VmConsole,
  VmState,
} from './library/vm-interface.js';

export type { FailureClass } from './error-codes.js';
export { TapbootError, describeError, type ErrorDetails } from './errors.js';
export type { CommandResult } from './channel/channel.js';
export type { ChannelName } from './language/step-base.js';
export type { DiskView } from './machine/machine-under-test.js';
export type { Machine, MachineDisk } from './language/machine-shape.js';
export type { SourceLocation } from './location.js';
export type { ImageArtifact } from './image/image.js';
export type {
  Artifact,
  Failure,
  MachineOrigin,
  Mismatch,
  RunEvent,
  RunOutcome,
  ScenarioOutcome,
} from './events/events.js';
export {
  findingsTable,
  inspectDisk,
  judgeDisk,
  type DiskExpectation,
  type DiskJudgement,
  type Finding,
  type FindingKind,
  type InspectOptions,
  type Inspection,
  type PresentFinding,
} from './residue/index.js';
