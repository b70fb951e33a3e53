import { Parser } from 'tap-parser';

/** The YAML block of a point, as far as tests look at it. */
export interface Diagnosis {
  message?: string;
  class?: string;
  code?: string;
  phase?: string;
  outcome?: string;
  expected?: unknown;
  got?: unknown;
  /** Expectations of the same step that did not hold either. */
  further_mismatches?: unknown;
  output?: unknown;
  hint?: string;
  machine?: string;
}

export interface TapPoint {
  title: string;
  ok: boolean;
  /** The reason of a skip; undefined for a point that was judged. */
  skip: string | undefined;
  diagnosis: Diagnosis;
}

export interface TapScenario extends TapPoint {
  steps: TapPoint[];
}

/** A TAP stream of tapboot, taken apart by a parser that is not ours. */
export interface TapTree {
  ok: boolean;
  scenarios: TapScenario[];
  bailout: string | undefined;
  /** What the parser found wrong with the stream as such, e.g. a line that is no TAP. */
  violations: string[];
}

/** The part of the parser's points that is read here. */
interface ParsedPoint {
  ok: boolean;
  name: string;
  skip: boolean | string;
  diag: Diagnosis | null;
}

/** Characters of what a failure has to show, in one line. */
const LONGEST = 800;

/** Takes a whole stream, strictly: anything that is no TAP is a violation. */
export function tapTree(text: string): TapTree {
  const tree: TapTree = { ok: false, scenarios: [], bailout: undefined, violations: [] };
  const parser = new Parser({ strict: true }, ({ ok, failures }) => {
    tree.ok = ok;
    for (const failure of failures) {
      if ('tapError' in failure && failure.tapError !== null) {
        tree.violations.push(failure.tapError);
      }
    }
  });
  let steps: TapPoint[] = [];
  parser.on('child', (child: Parser) => {
    steps = [];
    const mine = steps;
    child.on('assert', (point: ParsedPoint) => mine.push(pointOf(point)));
  });
  parser.on('assert', (point: ParsedPoint) => {
    tree.scenarios.push({ ...pointOf(point), steps });
    steps = [];
  });
  parser.on('bailout', (reason: string) => {
    tree.bailout = reason;
  });
  parser.end(text);
  return tree;
}

function pointOf({ ok, name, skip, diag }: ParsedPoint): TapPoint {
  return {
    title: name,
    ok,
    skip: skip === false ? undefined : String(skip),
    diagnosis: diag ?? {},
  };
}

/** A point's message, expectation, what there was instead, and the output that led to it. */
export function shown({ diagnosis }: TapPoint): string {
  const { message, expected, got, output, hint, further_mismatches: further } = diagnosis;
  return [message, expected, got, output, further, hint]
    .flat()
    .filter((text) => text !== undefined)
    .map((text) => (typeof text === 'string' ? text : JSON.stringify(text)))
    .join('\n');
}

/**
 * Each failed scenario in one line: where it failed, how, and what there was. Of a run that
 * failed otherwise than expected, the log of a CI is often all there is, and of that a part.
 */
export function failuresOf({ scenarios, bailout }: TapTree): string {
  const lines = scenarios
    .filter(({ ok }) => !ok)
    .map((scenario) => {
      const step = scenario.steps.find(({ ok }) => !ok);
      const told = { ...scenario.diagnosis, ...step?.diagnosis };
      const where = step?.title ?? told.phase ?? 'no step';
      const words = shown(step ?? scenario)
        .replace(/\s+/g, ' ')
        .slice(0, LONGEST);
      return `${scenario.title}: ${where}: ${told.class ?? 'no class'} ${told.code ?? 'no code'}: ${words}`;
    });
  return [...(bailout === undefined ? [] : [`Bail out! ${bailout}`]), ...lines].join('; ');
}
