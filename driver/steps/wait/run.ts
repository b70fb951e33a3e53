import type { WaitCondition, WaitStep } from './schema.js';
import { withGrace, type StepContext, type StepRunner } from '../step-runner.js';
import { waitForCommand } from './command.js';
import { waitForConsole } from './console.js';
import { waitForFile, words } from './file.js';
import { waitForIpv4, waitForPort } from './network.js';
import { waitForUnit } from './unit.js';
import { looked, quoted } from '../wording.js';

/** `wait`: until something holds in the guest. One file per condition in `waits/`. */
export const runner: StepRunner<'wait'> = {
  // The last words on the console can be looked at when the machine is off, too.
  needs: (step) => (step.for.what === 'console' ? 'any' : 'on'),
  hostSide: false,
  awaits: (step) => awaited(step.for),
  ceilingMs: withGrace,
  run: (step, context) => waitFor(step, context),
};

function waitFor(step: WaitStep, context: StepContext): Promise<void> {
  const condition = step.for;
  switch (condition.what) {
    case 'unit-ended':
    case 'unit-active':
      return waitForUnit(condition, step, context);
    case 'file':
      return waitForFile(condition, step, context);
    case 'port':
      return waitForPort(condition, step, context);
    case 'ipv4':
      return waitForIpv4(condition, step, context);
    case 'console':
      return waitForConsole(condition, step, context);
    case 'command':
      return waitForCommand(condition, step, context);
  }
}

function awaited(condition: WaitCondition): string {
  switch (condition.what) {
    case 'unit-ended':
      return `the end of ${condition.unit}`;
    case 'unit-active':
      return `${condition.unit} to be active`;
    case 'file':
      return words(condition);
    case 'port':
      return `a listener on TCP port ${String(condition.port)}`;
    case 'ipv4':
      return `an IPv4 address on ${condition.interface}`;
    case 'console':
      return `${looked(condition.look)} on the console`;
    case 'command':
      return `${quoted(condition.command)} to give what is expected`;
  }
}
