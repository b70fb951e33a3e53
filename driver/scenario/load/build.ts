import { StepReader } from '../../language/reader.js';
import type { Machine } from '../../language/machine-shape.js';
import type { Scenario } from '../model.js';
import type { PlanLibrary } from '../plans/library.js';
import { isTooShort, MIN_SECRET_LENGTH } from '../../redact.js';
import { problemAt, suggestion, type Report } from '../../language/problem.js';
import { DEFAULT_TIMEOUT_MS } from './defaults.js';
import { Scope } from '../../language/variables/scope.js';
import { substitute } from '../../language/variables/substitute.js';
import type { Span, YamlDocument } from '../../language/yaml/document.js';
import { shorten } from '../../language/yaml/show.js';
import { matrixSuffix } from './matrix.js';
import { readMachine } from './read-machine.js';
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
  /** The machine where a scenario says nothing of it. */
  usual: Machine | undefined;
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
      : readMachine(fill(written.machine, 'machine'), reader.below('machine'), context.usual);
  const subject = fill(written.subject, 'subject');
  const redact = written.redact ?? [];
  const checkRedacted = (name: string, span: Span): void => {
    const value = scope.get(name);
    if (value === undefined) report(nothingToRedact(name, scope, document, span));
    else if (Object.hasOwn(matrix, name)) report(inTheId(name, document, span));
    else if (isTooShort(value)) report(tooShort(name, value, document, span));
  };
  redact.forEach((name, index) => {
    checkRedacted(name, document.valueSpan(['redact', index]));
  });
  const values = scope.values();
  return {
    id,
    baseId,
    file: document.file,
    path,
    name: matrixSuffix(matrix) === '' ? headline : `${headline} ${matrixSuffix(matrix)}`,
    description:
      written.description === undefined ? undefined : fill(written.description, 'description'),
    tags: written.tags ?? [],
    subject:
      subject === undefined ? 'machine' : reader.choice(['subject'], subject, ['machine', 'boot']),
    machine,
    variables: values,
    matrix,
    redact,
    redactedValues: redact
      .map((name) => (Object.hasOwn(matrix, name) ? '' : (values[name] ?? '')))
      .filter((value) => value !== '' && !isTooShort(value))
      .sort((a, b) => b.length - a.length),
    timeoutMs,
    from: written.from === undefined ? undefined : splitFrom(written.from, source),
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

function nothingToRedact(name: string, scope: Scope, document: YamlDocument, span: Span) {
  const own = scope.names().filter((known) => !known.startsWith('tapboot.'));
  const message = `there is no variable '${name}' to redact`;
  return problemAt(document, span, 'TAPBOOT_E_VARIABLE_UNDEFINED', message, {
    expected: 'a variable of the scenario',
    got: name,
    hint: suggestion(name, own),
  });
}

function inTheId(name: string, document: YamlDocument, span: Span) {
  const message = `'${name}' is a variable of the matrix, and cannot be redacted`;
  return problemAt(document, span, 'TAPBOOT_E_REDACT_MATRIX', message, {
    expected: 'a variable that is in no name',
    got: 'ids, names and directories carry the values of the matrix',
    hint: 'Give it one value, under variables or from outside.',
  });
}

function tooShort(name: string, value: string, document: YamlDocument, span: Span) {
  const message = `the value of '${name}' is too short to be redacted`;
  return problemAt(document, span, 'TAPBOOT_E_SECRET_TOO_SHORT', message, {
    expected: `at least ${String(MIN_SECRET_LENGTH)} characters, or none`,
    got: String(value.trim().length),
    hint: 'So short a text occurs everywhere by chance. Use a longer value; for a placeholder, an empty one.',
  });
}

/** `SCENARIO#NAME` taken apart; the schema has checked its form. */
function splitFrom(from: string, source: ScenarioSource) {
  const at = source.document.at(['from']);
  const [scenario = '', checkpoint = ''] = from.split('#');
  return { scenario, checkpoint, at };
}
