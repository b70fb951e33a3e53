import { StepReader } from '../kinds/reader.js';
import type { Machine, Scenario } from '../model.js';
import type { PlanLibrary } from '../plans/library.js';
import { problemAt, suggestion, type Report } from '../problem.js';
import { DEFAULT_TIMEOUT_MS } from './defaults.js';
import { Scope } from '../variables/scope.js';
import { substitute } from '../variables/substitute.js';
import { shorten } from '../yaml/show.js';
import { matrixSuffix } from './matrix.js';
import { readMachine } from './machine.js';
import type { ScenarioSource } from './source.js';
import { buildSteps } from './steps.js';

/** What a scenario is made from, beside its file. */
export interface BuildContext {
  library: PlanLibrary;
  /** Variables of the command line. */
  given: Readonly<Record<string, string>>;
  /** Value of `${tapboot.run}`. */
  run: string;
  /** Names of variables that something refers to; added to. */
  used: Set<string>;
  report: Report;
  /** Machine of the scenario that this one starts from. */
  inherited?: Machine;
}

/** Makes one scenario of a file: one combination of its matrix. */
export function buildScenario(
  source: ScenarioSource,
  matrix: Record<string, string>,
  context: BuildContext,
): Scenario {
  const { document, written, path, baseId, variables } = source;
  const { library, given, run, used, report } = context;
  const id = `${baseId}${matrixSuffix(matrix)}`;
  const builtIn = { 'tapboot.scenario': id, 'tapboot.run': run };
  const scope = new Scope([builtIn, given, matrix, variables], used);
  const reader = new StepReader(document, [], report);
  const fill = <T>(value: T, key: string): T =>
    substitute(value, [key], document, scope, report).value;

  const headline = shorten(reader.name(['name'], fill(written.name, 'name')), 200);
  const timeout = fill(written.timeout, 'timeout');
  const timeoutMs =
    timeout === undefined ? DEFAULT_TIMEOUT_MS : reader.duration(['timeout'], timeout);
  const machine =
    written.machine === undefined && context.inherited !== undefined
      ? context.inherited
      : readMachine(fill(written.machine, 'machine'), reader.below('machine'));
  const subject = fill(written.subject, 'subject');
  const redact = written.redact ?? [];
  redact.forEach((name, index) => {
    if (scope.get(name) !== undefined) return;
    const span = document.valueSpan(['redact', index]);
    const message = `there is no variable '${name}' to redact`;
    const own = scope.names().filter((known) => !known.startsWith('tapboot.'));
    const hint = suggestion(name, own);
    const details = { expected: 'a variable of the scenario', got: name, hint };
    report(problemAt(document, span, 'TAPBOOT_E_VARIABLE_UNDEFINED', message, details));
  });
  const values = scope.values();
  return {
    id,
    baseId,
    file: document.file,
    path,
    name: matrixSuffix(matrix) === '' ? headline : `${headline} ${matrixSuffix(matrix)}`,
    ...(written.description === undefined
      ? {}
      : { description: fill(written.description, 'description') }),
    tags: written.tags ?? [],
    subject:
      subject === undefined ? 'machine' : reader.choice(['subject'], subject, ['machine', 'boot']),
    machine,
    variables: values,
    matrix,
    redact,
    redactedValues: redact
      .map((name) => values[name] ?? '')
      .filter((value) => value !== '')
      .sort((a, b) => b.length - a.length),
    timeoutMs,
    ...(written.from === undefined ? {} : { from: splitFrom(written.from, source) }),
    steps: buildSteps({
      source,
      machine,
      scope,
      planScope: (own, defaults) => new Scope([given, own, matrix, variables, defaults], used),
      library,
      timeoutMs,
      report,
    }),
    at: document.at(['name']),
  };
}

/** `SCENARIO#NAME` taken apart; the schema has checked its form. */
function splitFrom(from: string, source: ScenarioSource) {
  const at = source.document.at(['from']);
  const [scenario = '', checkpoint = ''] = from.split('#');
  return { scenario, checkpoint, at };
}
