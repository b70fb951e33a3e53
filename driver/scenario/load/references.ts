import type { Scenario } from '../model.js';
import { problemAt, suggestion, type Report } from '../../language/problem.js';
import type { YamlDocument } from '../../language/yaml/document.js';

/**
 * Checks `from: SCENARIO#NAME` against the scenario it names.
 *
 * @param parent undefined when no scenario of that id was loaded
 * @param circular the chain of `from` leads back to this scenario
 * @param known ids of all scenarios loaded
 */
export function checkFrom(
  scenario: Scenario,
  parent: Scenario | undefined,
  circular: boolean,
  known: readonly string[],
  document: YamlDocument,
  report: Report,
): void {
  const { from } = scenario;
  if (from === undefined) return;
  const span = document.valueSpan(['from']);
  if (circular) {
    const message = `'${scenario.id}' would start from itself, by way of '${from.scenario}'`;
    const details = { expected: 'a chain of scenarios that ends at a boot', got: 'a circle' };
    report(problemAt(document, span, 'TAPBOOT_E_CHECKPOINT_CIRCLE', message, details));
    return;
  }
  if (parent === undefined) {
    const message = `there is no scenario '${from.scenario}' to start from`;
    const hint = suggestion(from.scenario, known);
    const details = {
      expected: 'the id of a scenario that is loaded too',
      got: from.scenario,
      hint,
    };
    report(problemAt(document, span, 'TAPBOOT_E_CHECKPOINT_UNKNOWN', message, details));
    return;
  }
  const saved = parent.steps.flatMap((step) => (step.saveAs === undefined ? [] : [step.saveAs]));
  if (!saved.includes(from.checkpoint)) {
    const message = `the scenario '${parent.id}' has no checkpoint '${from.checkpoint}'`;
    const expected =
      saved.length === 0 ? 'a checkpoint (it has none)' : `one of ${saved.join(', ')}`;
    const hint = suggestion(from.checkpoint, saved);
    const details = { expected, got: from.checkpoint, hint };
    report(problemAt(document, span, 'TAPBOOT_E_CHECKPOINT_UNKNOWN', message, details));
  }
  if (JSON.stringify(scenario.machine) === JSON.stringify(parent.machine)) return;
  const place = document.valueSpan(['machine']);
  const message = `the machine differs from that of '${parent.id}', whose snapshot it starts from`;
  report(
    problemAt(document, place, 'TAPBOOT_E_SCENARIO_CONFLICT', message, {
      expected: 'the same machine, or no `machine` (it is inherited)',
      got: 'another machine',
    }),
  );
}
