import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { problemAt, suggestion, type Report } from '../../language/problem.js';
import { splitReference } from '../../language/schema/plan-reference.js';
import { displayName } from '../load/files.js';
import type { YamlDocument } from '../../language/yaml/document.js';
import type { YamlPath } from '../../language/yaml/path.js';
import { readPlanSource, type PlanSource, type PlanSourceResult } from './source.js';

/**
 * The plan files of a run, each read once. A scenario's plans lie in `plans/` beside it.
 */
export class PlanLibrary {
  private readonly read = new Map<string, PlanSourceResult>();

  constructor(private readonly workingDirectory: string) {}

  /** Reads the plans that a scenario file refers to; mistakes are kept until `section`. */
  async prepare(scenarioPath: string, references: Iterable<string>): Promise<void> {
    for (const reference of references) {
      const path = this.pathOf(scenarioPath, splitReference(reference).plan);
      if (this.read.has(path) || !existsSync(path)) continue;
      this.read.set(path, await readPlanSource(path, displayName(path, this.workingDirectory)));
    }
  }

  /**
   * The plan that a reference at `place` names, if it and its section exist; else the
   * mistake is reported: at the reference, or inside the plan file.
   */
  find(
    reference: string,
    scenarioPath: string,
    place: { document: YamlDocument; path: YamlPath; report: Report },
  ): PlanSource | undefined {
    const { plan, section } = splitReference(reference);
    const path = this.pathOf(scenarioPath, plan);
    const { document, report } = place;
    const span = document.valueSpan(place.path);
    const result = this.read.get(path);
    if (result === undefined) {
      const known = this.namesBeside(scenarioPath);
      report(
        problemAt(document, span, 'TAPBOOT_E_PLAN_UNKNOWN', `there is no plan '${plan}'`, {
          expected: `a file ${displayName(path, this.workingDirectory)}`,
          got: plan,
          hint: suggestion(plan, known),
        }),
      );
      return undefined;
    }
    if (!result.ok) {
      result.problems.forEach(report);
      return undefined;
    }
    const sections = Object.keys(result.source.written.sections);
    if (sections.includes(section)) return result.source;
    const message = `the plan '${plan}' has no section '${section}'`;
    report(
      problemAt(document, span, 'TAPBOOT_E_PLAN_SECTION', message, {
        expected: `one of ${sections.join(', ')}`,
        got: section,
        hint: suggestion(section, sections),
      }),
    );
    return undefined;
  }

  private pathOf(scenarioPath: string, plan: string): string {
    return join(dirname(scenarioPath), 'plans', `${plan}.yaml`);
  }

  private namesBeside(scenarioPath: string): string[] {
    const directory = join(dirname(scenarioPath), 'plans');
    if (!existsSync(directory)) return [];
    const files = readdirSync(directory).filter((file) => file.endsWith('.yaml'));
    return files.map((file) => file.replace(/\.yaml$/, '')).sort();
  }
}
