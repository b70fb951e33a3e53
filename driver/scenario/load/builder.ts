import { scenarioError, type TapbootError } from '../../errors.js';
import { redactError, redactor } from '../../redact.js';
import type { Machine } from '../../language/machine-shape.js';
import type { Scenario } from '../model.js';
import type { PlanLibrary } from '../plans/library.js';
import { problemAt, suggestion } from '../../language/problem.js';
import { controlCharacter } from '../../language/control-characters.js';
import { VARIABLE_NAME } from '../../language/schema/leaves.js';
import { buildScenario } from './build.js';
import { combinationsOf, matrixOf, matrixSuffix, MOST_COMBINATIONS } from './matrix.js';
import type { ProblemList } from './problem-list.js';
import { checkFrom } from './references.js';
import { checkSense, offAtCheckpoint } from './sense.js';
import type { ScenarioSource } from './source.js';

export interface BuilderContext {
  library: PlanLibrary;
  /** Variables of the command line. */
  given: Readonly<Record<string, string>>;
  /** Value of `${tapboot.run}`. */
  run: string;
  /** The machine where a scenario says nothing of it. */
  usual: Machine | undefined;
  problems: ProblemList;
}

/** Makes the scenarios of all sources, each after the one whose checkpoint it starts from. */
export class ScenarioBuilder {
  private readonly built = new Map<string, Scenario[]>();
  private readonly broken = new Set<string>();
  private readonly used = new Set<string>();

  /** @param unread ids of files that could not be read: nothing is known about them */
  constructor(
    private readonly sources: readonly ScenarioSource[],
    private readonly unread: readonly string[],
    private readonly context: BuilderContext,
  ) {}

  /** Scenarios without a mistake, in the order of the sources. */
  buildAll(): Scenario[] {
    const firsts = this.sources.filter((source, index) => {
      const first = this.sources.findIndex(({ baseId }) => baseId === source.baseId);
      if (first !== index) this.context.problems.add(sameName(source, this.sources[first]));
      return first === index;
    });
    for (const source of firsts) this.ensureBuilt(source, []);
    this.checkGiven();
    return firsts
      .filter(({ baseId }) => !this.broken.has(baseId))
      .flatMap(({ baseId }) => this.built.get(baseId) ?? []);
  }

  /** @param waiting ids of the scenarios that this one is needed for */
  private ensureBuilt(source: ScenarioSource, waiting: readonly string[]): void {
    const { baseId, variables, written } = source;
    if (this.built.has(baseId)) return;
    const { problems, given } = this.context;
    const before = problems.count;
    const chain = [...waiting, baseId];
    const parentId = written.from?.split('#')[0];
    const parentBase = parentId?.replace(/\[.*$/, '');
    const parentSource = this.sources.find((other) => other.baseId === parentBase);
    const circular = parentBase !== undefined && chain.includes(parentBase);
    if (parentSource !== undefined && !circular) this.ensureBuilt(parentSource, chain);
    const parent = this.allBuilt().find(({ id }) => id === parentId);
    const few = this.checkCombinations(source);
    if (few) this.checkIds(source);
    const scenarios = (few ? matrixOf(source, given) : []).map((matrix) =>
      this.buildOne(source, matrix, parent, circular),
    );
    for (const name of Object.keys({ ...variables, ...written.matrix })) this.used.add(name);
    this.built.set(baseId, scenarios);
    if (problems.count > before) this.broken.add(baseId);
  }

  /** A few bytes can ask for more scenarios than anybody would wait for. */
  private checkCombinations(source: ScenarioSource): boolean {
    const { problems, given } = this.context;
    const count = combinationsOf(source, given);
    if (count <= MOST_COMBINATIONS) return true;
    const { document } = source;
    const message = `the matrix makes ${String(count)} scenarios`;
    const details = {
      expected: `at most ${String(MOST_COMBINATIONS)} combinations`,
      got: String(count),
      hint: 'divide them among several files, or give a variable one value with --var',
    };
    const span = document.keySpan(['matrix']);
    problems.add(problemAt(document, span, 'TAPBOOT_E_MATRIX_SIZE', message, details));
    return false;
  }

  /** Each combination of a matrix has an id of its own, and none a control character. */
  private checkIds(source: ScenarioSource): void {
    const { baseId, document, written } = source;
    const { problems, given } = this.context;
    for (const name of Object.keys(written.matrix ?? {})) {
      const control = controlCharacter(given[name] ?? '');
      if (control === undefined) continue;
      problems.add(
        scenarioError('TAPBOOT_E_SCENARIO_ID', `--var ${name} cannot be a part of an id`, {
          expected: `one line of text without control characters, since ${baseId} has '${name}' in its matrix`,
          got: `a value with ${control}`,
        }),
      );
    }
    const seen = new Set<string>();
    for (const matrix of matrixOf(source, given)) {
      const id = `${baseId}${matrixSuffix(matrix)}`;
      if (seen.has(id)) {
        const message = `two combinations of the matrix are both called '${id}'`;
        const details = { expected: 'values that make a name of its own for each', got: id };
        const span = document.keySpan(['matrix']);
        problems.add(problemAt(document, span, 'TAPBOOT_E_SCENARIO_TWICE', message, details));
        return;
      }
      seen.add(id);
    }
  }

  private buildOne(
    source: ScenarioSource,
    matrix: Record<string, string>,
    parent: Scenario | undefined,
    circular: boolean,
  ): Scenario {
    const { library, given, run, usual, problems } = this.context;
    const found: TapbootError[] = [];
    const report = (problem: TapbootError): void => {
      found.push(problem);
    };
    const scenario = buildScenario(source, matrix, {
      library,
      given,
      run,
      usual,
      used: this.used,
      report,
      inherited: parent === undefined ? undefined : parent.machine,
    });
    const find = (id: string): Scenario | undefined =>
      this.allBuilt().find((other) => other.id === id);
    checkSense(scenario, source.document, report, offAtCheckpoint(scenario.from, find));
    const parentBase = scenario.from?.scenario.replace(/\[.*$/, '');
    if (parentBase !== undefined && !this.unread.includes(parentBase)) {
      const known = [
        ...this.sources.map(({ baseId }) => baseId),
        ...this.allBuilt().map(({ id }) => id),
      ];
      checkFrom(scenario, parent, circular, [...new Set(known)], source.document, report);
    }
    const secrets = redactor(scenario.redactedValues);
    problems.add(...found.map((problem) => redactError(problem, secrets)));
    return scenario;
  }

  private allBuilt(): Scenario[] {
    return [...this.built.values()].flat();
  }

  /** A value on the command line that nothing takes is a slip of the pen. */
  private checkGiven(): void {
    // A file that could not be read may be the one that takes it.
    if (this.unread.length > 0) return;
    for (const name of Object.keys(this.context.given)) {
      if (this.used.has(name) && VARIABLE_NAME.test(name)) continue;
      const known = [...this.used].filter((word) => VARIABLE_NAME.test(word)).sort();
      this.context.problems.add(
        scenarioError('TAPBOOT_E_VARIABLE_UNUSED', `no scenario has a variable '${name}'`, {
          expected: known.length === 0 ? 'no variables' : `a variable: ${known.join(', ')}`,
          got: name,
          hint: suggestion(name, known),
        }),
      );
    }
  }
}

function sameName(source: ScenarioSource, first: ScenarioSource | undefined): TapbootError {
  return scenarioError(
    'TAPBOOT_E_SCENARIO_TWICE',
    `two files give the scenario '${source.baseId}'`,
    {
      at: source.document.at(['name']),
      expected: 'file names that differ',
      got: `the same name as ${first?.document.file ?? ''}`,
    },
  );
}
