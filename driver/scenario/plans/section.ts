import { dirname } from 'node:path';
import { buildStep } from '../load/build-step.js';
import type { PlanUse } from '../../language/step-base.js';
import type { RunStep } from '../../steps/run/schema.js';
import type { Report } from '../../language/problem.js';
import type { Scope } from '../../language/variables/scope.js';
import type { PlanSource } from './source.js';

/** How a section is used. */
export interface SectionUse {
  scope: Scope;
  report: Report;
  /** Timeout for a step that names none, in milliseconds. */
  timeoutMs: number;
  always: boolean;
  via?: PlanUse;
}

/** The typed steps of a section; empty when there is no such section. */
export function expandSection(source: PlanSource, section: string, use: SectionUse): RunStep[] {
  const written = source.written.sections[section] ?? [];
  return written.flatMap((run, index): RunStep[] => {
    const step = buildStep('run', run, {
      document: source.document,
      path: ['sections', section, index],
      scope: use.scope,
      report: use.report,
      timeoutMs: use.timeoutMs,
      surroundings: { machine: NO_MACHINE, directory: dirname(source.path), startedUnits: NONE },
    });
    if (step?.kind !== 'run') return [];
    return [{ ...step, always: use.always, via: use.via ?? step.via }];
  });
}

/** Commands of a plan know nothing of the machine around them. */
const NO_MACHINE = { memoryBytes: 0, cpus: 0, disks: [], network: 'none' as const };
const NONE: ReadonlySet<string> = new Set();
