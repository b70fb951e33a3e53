import { scenarioError } from '../errors.js';
import { basename } from 'node:path';
import type { Scenario } from './model.js';
import { suggestion } from '../language/problem.js';

/** Which scenarios are wanted; empty lists want all. */
export interface Selection {
  /** Each an id, an id without its matrix, a file (path or name), or a headline. */
  names?: readonly string[];
  /** A scenario with at least one of these. */
  tags?: readonly string[];
  /** A scenario with none of these. */
  notTags?: readonly string[];
}

/**
 * The scenarios wanted, in the order of the list.
 *
 * @throws TapbootError `TAPBOOT_E_SCENARIO_UNKNOWN` for a name that is none,
 *   `TAPBOOT_E_TAG_UNKNOWN` for a tag that no scenario has (a run without it would pass
 *   for the wrong reason), `TAPBOOT_E_SCENARIO_NONE` when nothing is left
 */
export function selectScenarios(scenarios: readonly Scenario[], selection: Selection): Scenario[] {
  const { names = [], tags = [], notTags = [] } = selection;
  for (const name of names) {
    if (scenarios.some((scenario) => answersTo(scenario, name))) continue;
    const ids = scenarios.map(({ id }) => id);
    throw scenarioError('TAPBOOT_E_SCENARIO_UNKNOWN', `there is no scenario '${name}'`, {
      expected: 'the id, file or name of a scenario',
      got: name,
      hint: suggestion(name, ids),
    });
  }
  const allTags = [...new Set(scenarios.flatMap((scenario) => scenario.tags))].sort();
  for (const tag of [...tags, ...notTags]) {
    if (allTags.includes(tag)) continue;
    throw scenarioError('TAPBOOT_E_TAG_UNKNOWN', `no scenario has the tag '${tag}'`, {
      expected: allTags.length === 0 ? 'no tag: there are none' : `one of ${allTags.join(', ')}`,
      got: tag,
      hint: suggestion(tag, allTags),
    });
  }
  const chosen = scenarios.filter(
    (scenario) =>
      (names.length === 0 || names.some((name) => answersTo(scenario, name))) &&
      (tags.length === 0 || tags.some((tag) => scenario.tags.includes(tag))) &&
      !notTags.some((tag) => scenario.tags.includes(tag)),
  );
  if (chosen.length > 0) return chosen;
  throw scenarioError('TAPBOOT_E_SCENARIO_NONE', 'no scenario fits the selection', {
    expected: 'at least one scenario',
    got: `none of ${String(scenarios.length)}`,
    hint: 'use fewer names and tags; `tapboot list` shows all scenarios',
  });
}

function answersTo(scenario: Scenario, name: string): boolean {
  const { id, baseId, file, path, name: headline } = scenario;
  const plain = name.replace(/^\.\//, '');
  return [id, baseId, file, path, basename(path), headline].includes(plain);
}
