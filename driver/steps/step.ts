import type { kinds } from './schemas.generated.js';

/** A step of any kind, as its schema builds it. */
export type Step = NonNullable<ReturnType<(typeof kinds)[keyof typeof kinds]['build']>>;

export type StepKind = Step['kind'];
