/**
 * The library: a booted machine for test files, scenarios run from code, and the inspection
 * of disks. What is not exported here is nobody's business outside and may change.
 */
export { bootImageVm, type BootImageVmOptions } from './fixtures/boot-image-vm.js';
export { endBootImageVms, type SessionOptions } from './fixtures/sessions.js';
export type { MachineOptions, Size } from './fixtures/machine-options.js';
export type { TestContext } from './fixtures/test-context.js';
export type { TestsOutcome } from './fixtures/verdict.js';
export type {
  BootImageVM,
  CommandOptions,
  Limit,
  RecordPlaces,
  SshAccess,
  VmConsole,
  VmState,
} from './fixtures/vm.js';
