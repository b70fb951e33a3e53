import { join, resolve } from 'node:path';
import { scenarioError, type TapbootError } from '../../errors.js';
import { DEFAULT_TIMEOUT_MS } from '../load/defaults.js';
import { baseIdOf, displayName, yamlFilesIn } from '../load/files.js';
import { ProblemList } from '../load/problem-list.js';
import type { Plan } from '../model.js';
import { asOneError, inOrder, suggestion } from '../../language/problem.js';
import { Scope } from '../../language/variables/scope.js';
import { expandSection } from './section.js';
import { readPlanSource } from './source.js';

/** How a plan is read. */
export interface PlanOptions {
  /** Messages show paths relative to it. */
  workingDirectory: string;
  /** Values for the plan's variables; they take precedence over its own. */
  variables?: Readonly<Record<string, string>>;
}

export type PlanResult = { ok: true; plan: Plan } | { ok: false; problems: TapbootError[] };

/**
 * Reads one plan file by itself, with its own defaults for variables.
 *
 * @param path of the file, absolute or relative to the working directory
 */
export async function readPlan(path: string, options: PlanOptions): Promise<PlanResult> {
  const absolute = resolve(options.workingDirectory, path);
  const file = displayName(absolute, options.workingDirectory);
  const result = await readPlanSource(absolute, file);
  if (!result.ok) return result;
  const { document, written, variables } = result.source;
  const problems = new ProblemList();
  const used = new Set(Object.keys(variables));
  const scope = new Scope([options.variables ?? {}, variables], used);
  const sections = Object.keys(written.sections).map((name) => ({
    name,
    at: document.location(document.keySpan(['sections', name])),
    steps: expandSection(result.source, name, {
      scope,
      report: (problem) => {
        problems.add(problem);
      },
      timeoutMs: DEFAULT_TIMEOUT_MS,
      always: false,
    }),
  }));
  for (const name of Object.keys(options.variables ?? {})) {
    if (used.has(name)) continue;
    const message = `the plan '${written.plan}' has no variable '${name}'`;
    const hint = suggestion(name, [...used]);
    problems.add(scenarioError('TAPBOOT_E_VARIABLE_UNUSED', message, { got: name, hint }));
  }
  if (problems.count > 0) return { ok: false, problems: inOrder(problems.all()) };
  const { description } = written;
  return {
    ok: true,
    plan: {
      name: written.plan,
      description,
      file,
      path: absolute,
      variables: scope.values(),
      sections,
    },
  };
}

/**
 * Finds a plan by its name and reads it.
 *
 * @param directory where `NAME.yaml` lies, e.g. `scenarios/plans`
 * @throws TapbootError of class `scenario`: no such plan, or all mistakes in it
 */
export async function loadPlan(
  name: string,
  directory: string,
  options: PlanOptions,
): Promise<Plan> {
  const files = await yamlFilesIn(directory);
  const path = files.find((file) => baseIdOf(file) === name);
  if (path === undefined) {
    const known = files.map(baseIdOf);
    throw scenarioError('TAPBOOT_E_PLAN_UNKNOWN', `there is no plan '${name}'`, {
      expected: `a file ${displayName(join(directory, `${name}.yaml`), options.workingDirectory)}`,
      got: name,
      hint: suggestion(name, known),
    });
  }
  const result = await readPlan(path, options);
  if (!result.ok) throw asOneError(result.problems);
  return result.plan;
}
