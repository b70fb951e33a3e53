import { scenarioError, type TapbootError } from '../../errors.js';
import { controlCharacter, withoutControls } from '../../language/control-characters.js';
import { kindOf, type WrittenStep } from '../../steps/schemas.js';
import { planUseOf, type WrittenPlanStep } from '../../steps/plan/schema.js';
import { scenarioFile, type WrittenScenario } from '../schema/scenario.js';
import { checkShape } from '../../language/schema/shape.js';
import { textOfVariables } from '../../language/variables/text.js';
import type { YamlDocument } from '../../language/yaml/document.js';
import { parseYaml } from '../../language/yaml/parse.js';
import { readYamlText } from '../../language/yaml/read.js';
import { baseIdOf } from './files.js';

/** A scenario file whose shape has been checked; nothing is filled in or expanded yet. */
export interface ScenarioSource {
  document: YamlDocument;
  written: WrittenScenario;
  /** Absolute path. */
  path: string;
  /** File name without `.yaml`. */
  baseId: string;
  /** The file's own variables, as text. */
  variables: Record<string, string>;
}

export type ScenarioSourceResult =
  { ok: true; source: ScenarioSource } | { ok: false; problems: TapbootError[] };

/**
 * Reads a scenario file.
 *
 * @param path absolute
 * @param file the name for messages
 */
export async function readScenarioSource(
  path: string,
  file: string,
): Promise<ScenarioSourceResult> {
  const baseId = baseIdOf(path);
  const control = controlCharacter(baseId);
  if (control !== undefined) {
    const message = 'a scenario is named after its file, and no name holds control characters';
    const at = { file: withoutControls(file), line: 1, column: 1 };
    const got = `'${withoutControls(baseId)}' (${control})`;
    const expected = 'a file name without control characters';
    const problem = scenarioError('TAPBOOT_E_SCENARIO_ID', message, { at, expected, got });
    return { ok: false, problems: [problem] };
  }
  let text: string;
  try {
    text = await readYamlText(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `the scenario cannot be read: ${why}`;
    const at = { file, line: 1, column: 1 };
    return {
      ok: false,
      problems: [scenarioError('TAPBOOT_E_SCENARIO_UNREADABLE', message, { at })],
    };
  }
  const parsed = parseYaml(file, text);
  if (!parsed.ok) return parsed;
  const { document } = parsed;
  const shape = checkShape(document, scenarioFile);
  if (!shape.ok) return shape;
  const variables = textOfVariables(document, ['variables'], shape.value.variables);
  const source = { document, written: shape.value, path, baseId, variables };
  return { ok: true, source };
}

/** All `NAME/SECTION` references of a scenario. */
export function planReferences(written: WrittenScenario): Set<string> {
  const references = new Set<string>();
  for (const step of written.steps) {
    if (isPlanStep(step)) references.add(planUseOf(step).reference);
    if ('disks' in step && step.disks.resurrect !== undefined) {
      references.add(step.disks.resurrect.plan);
    }
  }
  return references;
}

/** Tells a `plan` step from all others. */
export const isPlanStep = (step: WrittenStep): step is WrittenPlanStep => kindOf(step) === 'plan';
