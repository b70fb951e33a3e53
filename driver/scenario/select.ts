import { scenarioError } from '../errors.js';
import { basename } from 'node:path';
import type { TextPattern } from '../language/expectation.js';
import type { Scenario } from './model.js';
import { suggestion } from '../language/problem.js';
import { sourcesOf } from './sources.js';
import { parseTagExpression } from './tag-expression.js';

/** Which scenarios are wanted; what is empty or absent wants all. */
export interface Selection {
  /** Each an id, an id without its matrix, a file (path or name), or a headline. */
  names?: readonly string[];
  /** Each a tag or an expression of tags; a scenario that at least one of them fits. */
  tags?: readonly string[];
  /** The same; a scenario that none of them fits. */
  notTags?: readonly string[];
  /** Is contained in the id or the headline, whatever the case; or a pattern that matches one. */
  grep?: TextPattern;
  /** Asked last. */
  only?: (scenario: Scenario) => boolean;
}

/** What was selected. */
export interface Selected {
  /** In the order of the list; the brought ones among them. */
  scenarios: Scenario[];
  /** Not asked for: they save the checkpoints that others of them start from. */
  brought: Scenario[];
}

/**
 * The scenarios wanted, and those whose checkpoints they start from, without which they could
 * not run.
 *
 * @throws TapbootError `TAPBOOT_E_SCENARIO_UNKNOWN` for a name that is none,
 *   `TAPBOOT_E_TAG_UNKNOWN` for a tag that no scenario has (a run without it would pass
 *   for the wrong reason), `TAPBOOT_E_TAG_EXPRESSION`, `TAPBOOT_E_SCENARIO_NONE` when nothing is
 *   left
 */
export function selectScenarios(scenarios: readonly Scenario[], selection: Selection): Selected {
  const { names = [], tags = [], notTags = [], grep, only } = selection;
  for (const name of names) {
    if (scenarios.some((scenario) => answersTo(scenario, name))) continue;
    const ids = scenarios.map(({ id }) => id);
    throw scenarioError('TAPBOOT_E_SCENARIO_UNKNOWN', `there is no scenario '${name}'`, {
      expected: 'the id, file or name of a scenario',
      got: name,
      hint: suggestion(name, ids),
    });
  }
  const wanted = tags.map((text) => parseTagExpression(text, '--tag'));
  const unwanted = notTags.map((text) => parseTagExpression(text, '--not-tag'));
  checkTags(
    [...wanted, ...unwanted].flatMap((expression) => expression.tags),
    scenarios,
  );
  const asked = scenarios.filter(
    (scenario) =>
      (names.length === 0 || names.some((name) => answersTo(scenario, name))) &&
      (wanted.length === 0 || wanted.some(({ fits }) => fits(scenario.tags))) &&
      !unwanted.some(({ fits }) => fits(scenario.tags)) &&
      (grep === undefined || found(grep, scenario)) &&
      (only === undefined || only(scenario)),
  );
  if (asked.length > 0) return withSources(asked, scenarios);
  throw scenarioError('TAPBOOT_E_SCENARIO_NONE', 'no scenario fits the selection', {
    expected: 'at least one scenario',
    got: `none of ${String(scenarios.length)}`,
    hint: 'use fewer names, tags and patterns; `tapboot list` shows all scenarios',
  });
}

function checkTags(named: readonly string[], scenarios: readonly Scenario[]): void {
  const all = [...new Set(scenarios.flatMap((scenario) => scenario.tags))].sort();
  for (const tag of named) {
    if (all.includes(tag)) continue;
    throw scenarioError('TAPBOOT_E_TAG_UNKNOWN', `no scenario has the tag '${tag}'`, {
      expected: all.length === 0 ? 'no tag: there are none' : `one of ${all.join(', ')}`,
      got: tag,
      hint: suggestion(tag, all),
    });
  }
}

function answersTo(scenario: Scenario, name: string): boolean {
  const { id, baseId, file, path, name: headline } = scenario;
  const plain = name.replace(/^\.\//, '');
  return [id, baseId, file, path, basename(path), headline].includes(plain);
}

function found(grep: TextPattern, { id, name }: Scenario): boolean {
  if ('text' in grep) {
    const text = grep.text.toLowerCase();
    return [id, name].some((told) => told.toLowerCase().includes(text));
  }
  const { source, flags } = grep.pattern;
  return [id, name].some((told) => new RegExp(source, flags).test(told));
}

function withSources(asked: readonly Scenario[], all: readonly Scenario[]): Selected {
  const needed = new Set(asked.flatMap((scenario) => sourcesOf(scenario, all)));
  const brought = [...needed].filter((source) => !asked.includes(source));
  return {
    scenarios: all.filter((scenario) => asked.includes(scenario) || needed.has(scenario)),
    brought,
  };
}
