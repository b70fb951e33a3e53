import type { TapbootError } from '../../errors.js';
import type { Machine } from '../../language/machine-shape.js';
import type { Scenario } from '../model.js';
import { PlanLibrary } from '../plans/library.js';
import { asOneError, inOrder } from '../../language/problem.js';
import { ScenarioBuilder } from './builder.js';
import { baseIdOf, displayName, findScenarioFiles } from './files.js';
import { ProblemList } from './problem-list.js';
import { planReferences, readScenarioSource, type ScenarioSource } from './source.js';

/** How scenarios are read. */
export interface LoadOptions {
  /** Relative paths count from here; messages show paths relative to it. */
  workingDirectory: string;
  /** Values of the command line (`--var`); they take precedence over the files'. */
  variables?: Readonly<Record<string, string>>;
  /** Value of `${tapboot.run}`: the name of the run directory. Default `no-run`. */
  run?: string;
  /** The machine where a scenario leaves it open: see usualMachine. Default: that of the embedded image. */
  machine?: Machine;
}

/** What was read: the scenarios that are right, and everything that is wrong. */
export interface LoadedScenarios {
  /** In the order of the files, expansions of a matrix in its order. */
  scenarios: Scenario[];
  /** In the order of the text; each is of class `scenario`. */
  problems: TapbootError[];
  /** The scenario files that were read, absolute. */
  files: string[];
}

/**
 * Reads scenario files, and directories of them, and the plans they use. All mistakes are
 * collected; a scenario with a mistake is not among `scenarios`.
 *
 * @throws TapbootError when a path cannot be read or a directory holds no scenario
 */
export async function readScenarios(
  paths: readonly string[],
  options: LoadOptions,
): Promise<LoadedScenarios> {
  const { workingDirectory } = options;
  const files = await findScenarioFiles(paths, workingDirectory);
  const problems = new ProblemList();
  const library = new PlanLibrary(workingDirectory);
  const sources: ScenarioSource[] = [];
  const unread: string[] = [];
  for (const path of files) {
    const result = await readScenarioSource(path, displayName(path, workingDirectory));
    if (!result.ok) {
      problems.add(...result.problems);
      unread.push(baseIdOf(path));
      continue;
    }
    sources.push(result.source);
    await library.prepare(path, planReferences(result.source.written));
  }
  const builder = new ScenarioBuilder(sources, unread, {
    library,
    given: options.variables ?? {},
    run: options.run ?? 'no-run',
    usual: options.machine,
    problems,
  });
  const scenarios = builder.buildAll();
  return { scenarios, problems: inOrder(problems.all()), files };
}

/**
 * Reads scenarios as `readScenarios` does, and accepts no mistake.
 *
 * @throws TapbootError of class `scenario`; several mistakes are one error that lists all
 */
export async function loadScenarios(
  paths: readonly string[],
  options: LoadOptions,
): Promise<Scenario[]> {
  const { scenarios, problems } = await readScenarios(paths, options);
  if (problems.length > 0) throw asOneError(problems);
  return scenarios;
}
