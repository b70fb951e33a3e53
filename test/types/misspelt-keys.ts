/**
 * A type test: nothing here runs. Each literal has a key that is not there, or an error code that
 * does not fit; `tsc` fails where one of them is accepted (an `@ts-expect-error` without an error
 * is an error). Keys in a spread literal would not be seen, which is why lint refuses those.
 */
import type { ErrorCode } from '../../driver/error-codes.js';
import { scenarioError, type TapbootError } from '../../driver/errors.js';
import type { NewEvent } from '../../driver/events/events.js';
import type { HostOptions } from '../../driver/machine/host-of-run.js';
import type { MachineOptions } from '../../driver/library/machine-options.js';
import type { Machine } from '../../driver/language/machine-shape.js';
import type { PoolOptions } from '../../driver/snapshots/machine-pool.js';
import type { RunSettings } from '../../driver/run/settings.js';
import type { StepBase } from '../../driver/language/step-base.js';
import type { WaitLimits } from '../../driver/host/waiting.js';

export const event: NewEvent = {
  type: 'notice',
  level: 'info',
  message: 'm',
  // @ts-expect-error a misspelt key of an event
  mesage: 'm',
};

export const limits: WaitLimits = {
  ms: 1,
  // @ts-expect-error a misspelt option
  singal: undefined,
};

export const machine: Machine = {
  memoryBytes: 1,
  cpus: 1,
  disks: [],
  network: 'none',
  // @ts-expect-error a misspelt key of a machine
  firmwear: 'uefi',
};

export const options: MachineOptions = {
  memory: '512M',
  // @ts-expect-error a misspelt option of the library
  disk: {},
};

export const settings: Partial<RunSettings> = {
  workers: 2,
  // @ts-expect-error a misspelt setting
  retrys: 1,
};

export const pool: Partial<PoolOptions> = {
  fresh: true,
  // @ts-expect-error a misspelt option of the pool
  unanounced: true,
};

export const host: Partial<HostOptions> = {
  workspace: '/tmp',
  // @ts-expect-error a misspelt option of the host
  firmwares: 'a:b',
};

export const step: Partial<StepBase> = {
  always: true,
  // @ts-expect-error a misspelt key of a step
  timeoutMS: 1,
};

export const made = (error: Error | undefined): NewEvent => ({
  type: 'notice',
  level: 'warning',
  message: error?.message ?? '',
  // @ts-expect-error also in a literal that is made of an expression
  cause: error,
});

// @ts-expect-error a misspelt error code
export const code: ErrorCode = 'TAPBOOT_E_CONFIG_VALEU';

export const error = (): TapbootError =>
  // @ts-expect-error a code whose class is another
  scenarioError('TAPBOOT_E_LOCK_TIMEOUT', 'm');
