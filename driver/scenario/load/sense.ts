import type { ErrorCode } from '../../error-codes.js';
import type { CheckpointReference, Scenario } from '../model.js';
import type { Step } from '../../steps/step.js';
import { problemAt, type ProblemDetails, type Report } from '../../language/problem.js';
import type { YamlDocument } from '../../language/yaml/document.js';

/** Kinds that make sense when the machine is off: `reboot` switches it on again. */
const WITHOUT_GUEST: ReadonlySet<Step['kind']> = new Set(['disks', 'reboot']);

/**
 * The step that has switched the machine off by the time a scenario's checkpoint is saved;
 * undefined when the machine is on.
 * @param find a scenario by its id
 */
export function offAtCheckpoint(
  from: CheckpointReference | undefined,
  find: (id: string) => Scenario | undefined,
): Step | undefined {
  const scenario = from && find(from.scenario);
  if (scenario === undefined) return undefined;
  const saving = scenario.steps.findIndex(({ saveAs }) => saveAs === from?.checkpoint);
  const last = scenario.steps
    .slice(0, saving + 1)
    .findLast(({ kind }) => kind === 'power' || kind === 'reboot');
  if (last === undefined) return offAtCheckpoint(scenario.from, find);
  return last.kind === 'power' ? last : undefined;
}

/**
 * What a scenario says step by step may be right and still make no sense as a whole:
 * work for a guest that is switched off, SSH without a network, one name for two
 * checkpoints. Found here, before anything is booted.
 * @param offBefore the step of another scenario that has switched the machine off already
 */
export function checkSense(
  scenario: Scenario,
  document: YamlDocument,
  report: Report,
  offBefore?: Step,
): void {
  let off = offBefore;
  const saved = new Map<string, Step>();
  for (const step of scenario.steps) {
    const wrong = (code: ErrorCode<'scenario'>, message: string, details: ProblemDetails): void => {
      // A step from a plan makes no sense here because of where it is used.
      const { line, column } = step.via?.at ?? step.at;
      report(problemAt(document, document.spanAt(line, column), code, message, details));
    };
    if (off !== undefined && !WITHOUT_GUEST.has(step.kind)) {
      wrong('TAPBOOT_E_POWERED_OFF', `the machine is off by then: '${step.title}' cannot run`, {
        expected: 'disks, reboot or nothing while the machine is off',
        got: step.kind,
        hint: `put \`- reboot: true\` before it, or move it before the power step in ${placeOf(off, document)}`,
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
        expected: 'a unique name for each checkpoint',
        got: `the same name as in line ${String(first.at.line)}`,
      });
    }
    saved.set(step.saveAs, step);
  }
}

function placeOf({ at }: Step, document: YamlDocument): string {
  const line = `line ${String(at.line)}`;
  return at.file === document.file ? line : `${line} of ${at.file}`;
}

function needsNetwork(step: Step): boolean {
  return step.channel === 'ssh' || (step.kind === 'wait' && step.for.what === 'ipv4');
}
