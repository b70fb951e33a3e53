import type { TapbootError } from '../../errors.js';

/**
 * Problems as they are found, each once: a mistake in a plan is met again at each use, and
 * one in a scenario with each combination of its matrix.
 */
export class ProblemList {
  private readonly byPlace = new Map<string, TapbootError>();
  private added = 0;

  add(...problems: TapbootError[]): void {
    for (const problem of problems) {
      this.added += 1;
      const { at } = problem.details;
      const place = at === undefined ? '' : `${at.file}:${String(at.line)}:${String(at.column)}`;
      this.byPlace.set(`${place} ${problem.code} ${problem.message}`, problem);
    }
  }

  /** How often one was added, known ones included: tells whether a scenario met any. */
  get count(): number {
    return this.added;
  }

  all(): TapbootError[] {
    return [...this.byPlace.values()];
  }
}
