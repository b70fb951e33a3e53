import type { z } from 'zod';
import type { Machine, Step, StepBase } from '../scenario/model.js';
import type { StepReader } from '../language/reader.js';

/** What a step may know of the scenario around it. */
export interface Surroundings {
  machine: Machine;
  /** Directory of the file; relative host paths count from here. */
  directory: string;
  /** Units that earlier steps have started. */
  startedUnits: ReadonlySet<string>;
}

/** Makes typed steps from the written ones of one kind. One file per kind beside this. */
export interface StepKindDefinition<S extends z.ZodObject = z.ZodObject> {
  schema: S;
  /** What the step does, for its title; values are already filled in. */
  summary(written: z.infer<S>): string;
  /** Time-out inside the kind's own mapping, where the kind takes one there. */
  innerTimeout?(written: z.infer<S>): string | undefined;
  build(
    written: z.infer<S>,
    base: StepBase,
    reader: StepReader,
    surroundings: Surroundings,
  ): Step | undefined;
}

/** Keeps the schema's own type while it is being defined. */
export const defineKind = <S extends z.ZodObject>(
  definition: StepKindDefinition<S>,
): StepKindDefinition<S> => definition;
