import type { StepRef } from '../events/events.js';
import type { StepList } from './scenario-context.js';
import type { Step } from './step.js';

/** Names the steps of a scenario for the events; secrets in titles are replaced. */
export function stepRefs(
  scenario: Pick<StepList, 'steps'>,
  redact: (text: string) => string = (text) => text,
): StepRef[] {
  return scenario.steps.map((step, index) => ({
    index: index + 1,
    title: redact(titleOf(step)),
    kind: step.kind,
    at: step.at,
  }));
}

/** A step from a plan says which plan, so that equal commands are told apart. */
function titleOf({ title, via }: Step): string {
  if (via === undefined) return title;
  const prefix = `${via.plan}/${via.section}: `;
  return title.startsWith(prefix) ? title : prefix + title;
}
