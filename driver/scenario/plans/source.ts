import { scenarioError, type TapbootError } from '../../errors.js';
import { baseIdOf } from '../load/files.js';
import { problemAt } from '../../language/problem.js';
import { planFile, type WrittenPlan } from '../schema/plan.js';
import { checkShape } from '../../language/schema/shape.js';
import { textOfVariables } from '../../language/variables/text.js';
import type { YamlDocument } from '../../language/yaml/document.js';
import { parseYaml } from '../../language/yaml/parse.js';
import { readYamlText } from '../../language/yaml/read.js';

/** A plan file whose shape has been checked; its variables are not filled in yet. */
export interface PlanSource {
  document: YamlDocument;
  written: WrittenPlan;
  path: string;
  /** The plan's own variables, as text. */
  variables: Record<string, string>;
}

export type PlanSourceResult =
  { ok: true; source: PlanSource } | { ok: false; problems: TapbootError[] };

/**
 * Reads a plan file.
 *
 * @param path absolute
 * @param file the name for messages
 */
export async function readPlanSource(path: string, file: string): Promise<PlanSourceResult> {
  let text: string;
  try {
    text = await readYamlText(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const problem = scenarioError('TAPBOOT_E_PLAN_UNREADABLE', `the plan cannot be read: ${why}`, {
      at: { file, line: 1, column: 1 },
    });
    return { ok: false, problems: [problem] };
  }
  const parsed = parseYaml(file, text);
  if (!parsed.ok) return parsed;
  const { document } = parsed;
  const shape = checkShape(document, planFile);
  if (!shape.ok) return shape;
  const expected = baseIdOf(path);
  if (shape.value.plan !== expected) {
    const span = document.valueSpan(['plan']);
    const problem = problemAt(
      document,
      span,
      'TAPBOOT_E_PLAN_NAME',
      'plan and file differ in name',
      { expected, got: shape.value.plan },
    );
    return { ok: false, problems: [problem] };
  }
  const variables = textOfVariables(document, ['variables'], shape.value.variables);
  return { ok: true, source: { document, written: shape.value, path, variables } };
}
