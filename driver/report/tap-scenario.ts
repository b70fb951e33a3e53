import type { Failure, RunEvent, StepRef } from '../events/events.js';
import { plainLine } from './plain-text.js';
import { scenarioBlock, stepBlock } from './tap-diagnostics.js';
import type { TapItem, TapPoint } from './tap-lanes.js';
import { directiveText, escapeDescription, yamlBlock } from './tap-syntax.js';

type StepEnd = Extract<RunEvent, { type: 'step:end' }>;
type ScenarioEnd = Extract<RunEvent, { type: 'scenario:end' }>;

/** How scenarios are laid out in the stream. */
export interface TapLayout {
  version: 13 | 14;
  /** Steps as top-level points, for consumers that refuse subtests. */
  flat: boolean;
  /**
   * Scenarios may be tried again. The points of an attempt then wait for its end: what
   * another attempt replaces is told as comments, since consumers count a failed
   * point, even in a subtest marked TODO, as a failure of the stream.
   */
  retries: boolean;
}

/** A step's point, or a comment among them. */
type Piece = TapPoint | { comment: string };

const INDENT = '    ';

/** Lines of a YAML block with its markers, indented by 2 below its point. */
function framed(block: Parameters<typeof yamlBlock>[0]): string[] {
  return ['  ---', ...yamlBlock(block).map((line) => `  ${line}`), '  ...'];
}

/** Writes the lines of one scenario as its steps end. */
export class TapScenario {
  readonly #emit: (item: TapItem) => void;
  readonly #layout: TapLayout;
  /** Escaped. */
  readonly #name: string;
  #steps: StepRef[] = [];
  #seen = new Set<number>();
  #points = 0;
  #attempt = 0;
  #told = false;
  #held: Piece[] = [];

  constructor(name: string, layout: TapLayout, emit: (item: TapItem) => void) {
    this.#name = escapeDescription(name);
    this.#layout = layout;
    this.#emit = emit;
  }

  /** Lines at the level of the steps: in the subtest, once there is one. */
  #lines(lines: string[]): void {
    const indent = this.#layout.flat || this.#attempt === 0 ? '' : INDENT;
    this.#emit({ lines: lines.map((line) => indent + line) });
  }

  #piece(piece: Piece): void {
    if (this.#layout.retries) this.#held.push(piece);
    else this.#write(piece);
  }

  #write(piece: Piece): void {
    if ('comment' in piece) {
      this.#lines([`# ${plainLine(piece.comment)}`]);
    } else if (this.#layout.flat) {
      this.#emit({ ...piece, rest: `${this.#name} > ${piece.rest}` });
    } else {
      const verdict = piece.ok ? 'ok' : 'not ok';
      this.#lines([`${verdict} ${String(++this.#points)} - ${piece.rest}`, ...piece.block]);
    }
  }

  /** What the held attempt had to say, as comments: it has been replaced by another. */
  #discard(): void {
    const head = `# attempt ${String(this.#attempt)}:`;
    for (const piece of this.#held.splice(0)) {
      if ('comment' in piece) this.#lines([`${head} ${plainLine(piece.comment)}`]);
      else if (piece.ok) this.#lines([`${head} ok - ${piece.rest}`]);
      else
        this.#lines([`${head} not ok - ${piece.rest}`, ...piece.block.map((line) => `# ${line}`)]);
    }
  }

  /** An attempt begins; the first one opens the subtest. */
  start(steps: StepRef[], attempt: number): void {
    this.#discard();
    if (attempt === 1 && !this.#layout.flat) {
      // TAP 14 has the comment at the parent's level; 13 knows it from Test::More, indented.
      const indent = this.#layout.version === 14 ? '' : INDENT;
      const plan = `${INDENT}1..${String(steps.length)}`;
      this.#emit({ lines: [`${indent}# Subtest: ${this.#name}`, plan] });
    }
    this.#steps = steps;
    this.#seen = new Set();
    this.#attempt = attempt;
    this.#told = false;
  }

  comment(text: string): void {
    this.#piece({ comment: text });
  }

  step(event: StepEnd): void {
    this.#seen.add(event.step.index);
    // What came with a restored snapshot was not run: a skip is never counted as a pass.
    const skipped = event.outcome === 'skipped' || event.outcome === 'reused';
    const directive = skipped ? ` # SKIP ${directiveText(event.skipReason ?? event.outcome)}` : '';
    const known = todo(event.failure);
    if (event.outcome === 'failed') this.#told = true;
    this.#piece({
      ok: event.outcome !== 'failed',
      rest: `${escapeDescription(event.step.title)}${directive}${known}`,
      todo: known !== '',
      block: skipped && event.artifacts.length === 0 ? [] : framed(stepBlock(event)),
    });
    for (const note of event.notes) this.comment(note);
  }

  #skip(title: string, reason: string): void {
    const rest = `${escapeDescription(title)} # SKIP ${directiveText(reason)}`;
    this.#piece({ ok: true, rest, block: [] });
  }

  /** In a flat stream the plan has counted the steps of a scenario that never starts. */
  #skipPromised(count: number, reason: string): void {
    if (!this.#layout.flat || this.#attempt > 0) return;
    for (let index = 1; index <= count; index++) this.#skip(`step ${String(index)}`, reason);
  }

  #verdict(ok: boolean, directive: string, block: string[], known = false): void {
    for (const piece of this.#held.splice(0)) this.#write(piece);
    const rest = `${this.#name}${this.#layout.flat ? ' > verdict' : ''}${directive}`;
    this.#emit({ ok, rest, block, todo: known });
  }

  /**
   * The verdict. Every planned step gets its point: those that never came are skips.
   * @param promisedSteps what the plan counts for a scenario that never started
   */
  end(event: ScenarioEnd, promisedSteps: number): void {
    const reason = `not run: ${event.failure?.message ?? event.outcome}`;
    for (const step of this.#steps) {
      if (!this.#seen.has(step.index)) this.#skip(step.title, reason);
    }
    this.#skipPromised(promisedSteps, reason);
    if (event.outcome === 'flaky')
      this.comment(`flaky: passed on attempt ${String(this.#attempt)}`);
    const ok = event.outcome === 'passed' || event.outcome === 'flaky';
    const known = event.outcome === 'known' ? todo(event.failure) || ' # TODO known issue' : '';
    this.#verdict(ok, known, framed(scenarioBlock(event, this.#told)), known !== '');
  }

  /**
   * A scenario that was not begun, for now or at all: visible, counted as a skip, never as a pass.
   */
  notBegun(skip: string, promisedSteps: number): void {
    this.#skipPromised(promisedSteps, skip);
    this.#verdict(true, ` # SKIP ${directiveText(skip)}`, []);
  }
}

/** A failure that `known-issues.yaml` names is still `not ok`, and told as work to do. */
function todo(failure: Failure | undefined): string {
  const known = failure?.knownIssue;
  if (known === undefined) return '';
  return ` # TODO ${directiveText(`known issue: ${known.reason} (${known.owner})`)}`;
}
