import { dirname } from 'node:path';
import { kindOf, type WrittenStep } from '../../steps/schemas.js';
import type { Machine } from '../../language/machine-shape.js';
import type { PlanUse } from '../../language/step-base.js';
import type { DisksStep } from '../../steps/disks/schema.js';
import type { RunStep } from '../../steps/run/schema.js';
import type { Step } from '../../steps/step.js';
import { listed } from '../../steps/expectation-schema.js';
import { StepReader } from '../../language/reader.js';
import type { PlanLibrary } from '../plans/library.js';
import { expandSection } from '../plans/section.js';
import type { Report } from '../../language/problem.js';
import { splitReference } from '../../language/schema/plan-reference.js';
import { planUseOf } from '../../steps/plan/schema.js';
import type { Scope } from '../../language/variables/scope.js';
import { substitute } from '../../language/variables/substitute.js';
import type { YamlPath } from '../../language/yaml/path.js';
import { buildStep } from './build-step.js';
import { isPlanStep, type ScenarioSource } from './source.js';

/** What the steps of one scenario are made from. */
export interface StepsContext {
  source: ScenarioSource;
  machine: Machine;
  /** Variables of the scenario. */
  scope: Scope;
  /** Variables of a plan that is used with some values of its own. */
  planScope: (own: Record<string, string>, defaults: Record<string, string>) => Scope;
  library: PlanLibrary;
  timeoutMs: number;
  report: Report;
}

/** The typed steps of a scenario, plans expanded in place. */
export function buildSteps(context: StepsContext): Step[] {
  const { source, machine, scope, timeoutMs, report } = context;
  const startedUnits = new Set<string>();
  const surroundings = { machine, directory: dirname(source.path), startedUnits };
  return source.written.steps.flatMap((written, index): Step[] => {
    const path = ['steps', index];
    if (isPlanStep(written)) return expandPlanStep(written, path, context);
    const kind = kindOf(written);
    if (kind === 'plan') return [];
    const step = buildStep(kind, written, {
      document: source.document,
      path,
      scope,
      report,
      timeoutMs,
      surroundings,
    });
    if (step === undefined) return [];
    if (step.kind === 'start') startedUnits.add(step.unit);
    return [step.kind === 'disks' ? withResurrection(step, written, path, context) : step];
  });
}

function expandPlanStep(
  written: Extract<WrittenStep, { plan: unknown }>,
  path: YamlPath,
  context: StepsContext,
): Step[] {
  const { reference, variables } = planUseOf(written);
  const place = typeof written.plan === 'string' ? [...path, 'plan'] : [...path, 'plan', 'use'];
  const steps = expandUse(reference, place, variables, [...path, 'plan', 'variables'], context, {
    always: written.always ?? false,
    name: written.name,
  });
  const last = steps[steps.length - 1];
  if (last !== undefined && written.checkpoint !== undefined) last.saveAs = written.checkpoint;
  return steps;
}

function withResurrection(
  step: DisksStep,
  written: WrittenStep,
  path: YamlPath,
  context: StepsContext,
): DisksStep {
  const resurrect = 'disks' in written ? written.disks.resurrect : undefined;
  if (resurrect === undefined) return step;
  const { source, scope, report } = context;
  const below = [...path, 'disks', 'resurrect'];
  const disks = step.disks.map(({ disk }) => disk);
  if (disks.length === 0) {
    const reader = new StepReader(source.document, below, report);
    reader.wrong([], 'TAPBOOT_E_DISK_UNKNOWN', 'there is no disk to bring anything back from', {
      expected: 'at least one disk of the machine',
      got: 'none',
    });
  }
  const steps = expandUse(
    resurrect.plan,
    [...below, 'plan'],
    resurrect.variables ?? {},
    [...below, 'variables'],
    context,
    { always: false },
  );
  const absentPath = [...below, 'absent'];
  const absent = substitute(resurrect.absent, absentPath, source.document, scope, () => undefined);
  return {
    ...step,
    resurrect: {
      ...splitReference(resurrect.plan),
      at: source.document.location(source.document.keySpan(below)),
      disks,
      steps,
      absent: listed(absent.value),
      image:
        resurrect.image === undefined
          ? 'embedded'
          : new StepReader(source.document, below, report).choice(['image'], resurrect.image, [
              'embedded',
              'tested',
            ]),
    },
  };
}

/** The steps of a section as used at `place`. */
function expandUse(
  reference: string,
  place: YamlPath,
  values: Readonly<Record<string, string | number | boolean>>,
  valuesPath: YamlPath,
  context: StepsContext,
  use: { always: boolean; name?: string },
): RunStep[] {
  const { source, library, scope, report, timeoutMs } = context;
  const { document } = source;
  const plan = library.find(reference, source.path, { document, path: place, report });
  if (plan === undefined) return [];
  const { value: own, complete } = substitute(values, valuesPath, document, scope, report);
  if (!complete) return [];
  const texts = Object.fromEntries(
    Object.entries(own).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : (document.writtenText([...valuesPath, name]) ?? ''),
    ]),
  );
  const via: PlanUse = {
    ...splitReference(reference),
    at: document.at(place.slice(0, 2)),
    name: use.name,
  };
  return expandSection(plan, via.section, {
    scope: context.planScope(texts, plan.variables),
    report,
    timeoutMs,
    always: use.always,
    via,
  });
}
