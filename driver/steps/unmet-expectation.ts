import { TapbootError, type ErrorDetails } from '../errors.js';
import type { Mismatch } from '../events/events.js';

/** A product failure that can say, one by one, what did not hold. */
export class UnmetExpectation extends TapbootError {
  override readonly name = 'UnmetExpectation';
  readonly mismatches: Mismatch[];

  constructor(
    code: `TAPBOOT_E_${string}`,
    message: string,
    mismatches: Mismatch[],
    details: ErrorDetails = {},
  ) {
    super('product', code, message, details);
    this.mismatches = mismatches;
  }
}
