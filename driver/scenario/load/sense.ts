import type { Scenario, Step } from '../model.js';
import { problemAt, type ProblemDetails, type Report } from '../problem.js';
import type { YamlDocument } from '../yaml/document.js';

/** Kinds that need no running guest. */
const WITHOUT_GUEST: ReadonlySet<Step['kind']> = new Set(['disks', 'reboot', 'power']);

/**
 * What a scenario says step by step may be right and still make no sense as a whole:
 * work for a guest that is switched off, SSH without a network, one name for two
 * checkpoints. Found here, before anything is booted.
 */
export function checkSense(scenario: Scenario, document: YamlDocument, report: Report): void {
  let off: Step | undefined;
  const saved = new Map<string, Step>();
  for (const step of scenario.steps) {
    const wrong = (code: `TAPBOOT_E_${string}`, message: string, details: ProblemDetails): void => {
      // A step from a plan makes no sense here because of where it is used.
      const { line, column } = step.via?.at ?? step.at;
      report(problemAt(document, document.spanAt(line, column), code, message, details));
    };
    if (off !== undefined && !WITHOUT_GUEST.has(step.kind)) {
      wrong('TAPBOOT_E_POWERED_OFF', `the machine is off by then: '${step.title}' cannot run`, {
        expected: 'disks, reboot or nothing after power',
        got: step.kind,
        hint: `move the step before the power step in line ${String(off.at.line)}`,
      });
    }
    if (step.kind === 'power') off = step;
    if (step.kind === 'reboot') off = undefined;
    if (scenario.machine.network === 'none' && needsNetwork(step)) {
      wrong('TAPBOOT_E_NO_NETWORK', 'the machine has no network card', {
        expected: 'network: isolated or internet',
        got: 'network: none',
      });
    }
    if (scenario.machine.display !== true && step.kind === 'screenshot') {
      wrong('TAPBOOT_E_NO_DISPLAY', 'the machine has no display to take a picture of', {
        expected: 'machine: { display: true }',
        got: 'no display',
      });
    }
    if (step.saveAs === undefined) continue;
    const first = saved.get(step.saveAs);
    if (first !== undefined) {
      wrong('TAPBOOT_E_CHECKPOINT_TWICE', `the checkpoint '${step.saveAs}' is saved twice`, {
        expected: 'a name of its own for each checkpoint',
        got: `the same name as in line ${String(first.at.line)}`,
      });
    }
    saved.set(step.saveAs, step);
  }
}

function needsNetwork(step: Step): boolean {
  return step.channel === 'ssh' || (step.kind === 'wait' && step.for.what === 'ipv4');
}
