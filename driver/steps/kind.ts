import type { z } from 'zod';
import type { Machine } from '../language/machine-shape.js';
import type { StepReader } from '../language/reader.js';
import type { StepBase } from '../language/step-base.js';

/** What a step may know of the scenario around it. */
export interface Surroundings {
  machine: Machine;
  /** Directory of the file; relative host paths count from here. */
  directory: string;
  /** Units that earlier steps have started. */
  startedUnits: ReadonlySet<string>;
}

/**
 * Makes typed steps from the written ones of one kind. `S`: what is written; `T`: what it
 * becomes.
 */
export interface StepKindDefinition<
  S extends z.ZodObject = z.ZodObject,
  T extends StepBase = StepBase,
> {
  schema: S;
  /** What the step does, for its title; values are already filled in. */
  summary(written: z.infer<S>): string;
  /** Timeout inside the kind's own mapping, where the kind takes one there. */
  innerTimeout?(written: z.infer<S>): string | undefined;
  build(
    written: z.infer<S>,
    base: StepBase,
    reader: StepReader,
    surroundings: Surroundings,
  ): T | undefined;
}

/** Keeps the schema's own type while it is being defined. */
export const defineKind = <S extends z.ZodObject, T extends StepBase & { kind: string }>(
  definition: StepKindDefinition<S, T>,
): StepKindDefinition<S, T> => definition;
