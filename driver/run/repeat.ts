import type { ScenarioRef } from '../events/events.js';
import type { Scenario } from '../scenario/index.js';

/** One execution of a scenario in this run. */
export interface PlannedScenario {
  scenario: Scenario;
  /** The scenario's own names; with `--repeat`, numbered from the second on. */
  ref: ScenarioRef;
  /** Run for the checkpoint that another one needs, though it has had its verdict. */
  again?: true;
}

/** The scenarios whose checkpoints lead to this one, the first of them first. */
export function sourcesOf({ from }: Scenario, all: readonly Scenario[]): Scenario[] {
  const source = all.find(({ id }) => id === from?.scenario);
  return source === undefined ? [] : [...sourcesOf(source, all), source];
}

/** The executions of a run in their order: all scenarios, then all again. */
export function repeated(scenarios: readonly Scenario[], times: number): PlannedScenario[] {
  return Array.from({ length: times }, (_, round) =>
    scenarios.map((scenario) => {
      const { id, name, file } = scenario;
      if (round === 0) return { scenario, ref: { id, name, file } };
      const number = String(round + 1);
      const ref = { id: `${id}#${number}`, name: `${name} (${number} of ${String(times)})`, file };
      return { scenario, ref };
    }),
  ).flat();
}
