import { TapbootError, type ErrorDetails } from '../../errors.js';

/** What stands in place of a redacted value. */
const REDACTED = '[redacted]';

/** The same problem with the values of redacted variables taken out of all its texts. */
export function redactProblem(problem: TapbootError, values: readonly string[]): TapbootError {
  if (values.length === 0) return problem;
  const redact = (text: string): string =>
    values.reduce((rest, value) => rest.replaceAll(value, REDACTED), text);
  const details: ErrorDetails = { ...problem.details };
  for (const key of ['expected', 'got', 'hint', 'frame', 'output'] as const) {
    const text = details[key];
    if (text !== undefined) details[key] = redact(text);
  }
  return new TapbootError(problem.failureClass, problem.code, redact(problem.message), details);
}
