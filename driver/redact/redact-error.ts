import { TapbootError, type ErrorDetails } from '../errors.js';

/** The same error with all its texts as `redact` makes them. */
export function redactError(error: TapbootError, redact: (text: string) => string): TapbootError {
  const details: ErrorDetails = { ...error.details };
  for (const key of ['expected', 'got', 'hint', 'frame', 'output'] as const) {
    const text = details[key];
    if (text !== undefined) details[key] = redact(text);
  }
  return new TapbootError(error.failureClass, error.code, redact(error.message), details);
}
