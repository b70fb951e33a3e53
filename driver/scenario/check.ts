import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { TapbootError } from '../errors.js';
import { yamlFilesIn } from './load/files.js';
import { readScenarios, type LoadOptions } from './load/load.js';
import { ProblemList } from './load/problem-list.js';
import type { Plan, Scenario } from './model.js';
import { readPlan } from './plans/load.js';
import { inOrder } from '../language/problem.js';

/** What was checked, and all that is wrong with it. */
export interface CheckResult {
  scenarios: Scenario[];
  plans: Plan[];
  problems: TapbootError[];
}

/**
 * Checks scenario files and, of directories, also every plan in `plans/`, used or not.
 *
 * @throws TapbootError when a path cannot be read or a directory holds no scenario
 */
export async function checkScenarios(
  paths: readonly string[],
  options: LoadOptions,
): Promise<CheckResult> {
  const loaded = await readScenarios(paths, options);
  const problems = new ProblemList();
  problems.add(...loaded.problems);
  const plans: Plan[] = [];
  for (const given of paths) {
    const path = resolve(options.workingDirectory, given);
    if (!(await stat(path)).isDirectory()) continue;
    for (const file of await yamlFilesIn(join(path, 'plans'))) {
      const result = await readPlan(file, { workingDirectory: options.workingDirectory });
      if (result.ok) plans.push(result.plan);
      else problems.add(...result.problems);
    }
  }
  return { scenarios: loaded.scenarios, plans, problems: inOrder(problems.all()) };
}
