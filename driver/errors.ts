import type { ErrorCode, FailureClass } from './error-codes.js';
import type { SourceLocation } from './location.js';

/** What an error says beside its message: the answers to where, expected, got, next. */
export interface ErrorDetails {
  /** Place in a scenario, plan or configuration file. */
  at?: SourceLocation;
  /** What was expected, in the words of the check. */
  expected?: string;
  /** What was there instead. */
  got?: string;
  /** What the reader can do next: one sentence or command. */
  hint?: string;
  /** Source excerpt around `at`, already rendered. */
  frame?: string;
  /** Output that led here (console tail, log tail); several lines. */
  output?: string;
  /**
   * Of a restore: the snapshot is to blame, and would fail again. `unusable`: QEMU does not load
   * it; `unproven`: what came of it is not known to be the machine that was saved.
   */
  snapshot?: 'unusable' | 'unproven';
  cause?: unknown;
}

/**
 * The one error type that crosses module borders. `code` is stable
 * (docs/errors.md lists all); `failureClass` decides the exit code.
 */
export class TapbootError extends Error {
  override readonly name: string = 'TapbootError';
  readonly code: ErrorCode;
  readonly failureClass: FailureClass;
  readonly details: ErrorDetails;

  constructor(
    failureClass: FailureClass,
    code: ErrorCode,
    message: string,
    details: ErrorDetails = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.failureClass = failureClass;
    this.details = details;
  }

  /** The same error in other words. */
  with(message: string, details: ErrorDetails): TapbootError {
    return new TapbootError(this.failureClass, this.code, message, details);
  }
}

/** The scenario file, or the call, is wrong. */
export const scenarioError = (
  code: ErrorCode<'scenario'>,
  message: string,
  details?: ErrorDetails,
): TapbootError => new TapbootError('scenario', code, message, details);

/** The host let us down. */
export const infraError = (
  code: ErrorCode<'infra'>,
  message: string,
  details?: ErrorDetails,
): TapbootError => new TapbootError('infra', code, message, details);

/** The machine under test is no longer there to be asked. */
export const guestDead = (
  code: ErrorCode<'guest-dead'>,
  message: string,
  details?: ErrorDetails,
): TapbootError => new TapbootError('guest-dead', code, message, details);

/** An expectation about the machine under test did not hold. */
export const productError = (
  code: ErrorCode<'product'>,
  message: string,
  details?: ErrorDetails,
): TapbootError => new TapbootError('product', code, message, details);

/**
 * Turns anything thrown into a TapbootError. What nobody foresaw is an
 * infrastructure failure: never a verdict about the product.
 */
export function asTapbootError(error: unknown): TapbootError {
  if (error instanceof TapbootError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (isHostFull(error)) {
    return infraError('TAPBOOT_E_HOST_FULL', 'the host has no space left for what the run writes', {
      expected: 'free space for disks and states of machines, and for the record',
      got: message,
      hint: 'Free space (`df`), or choose other places: TMPDIR for machines, --log-root for the record.',
      cause: error,
    });
  }
  return new TapbootError('infra', 'TAPBOOT_E_UNEXPECTED', message, {
    cause: error,
    hint: 'This is a defect of tapboot; please report it with harness.log.',
    output: error instanceof Error && error.stack !== undefined ? error.stack : undefined,
  });
}

/** True for the system errors ENOSPC and EDQUOT, which anything that writes may meet. */
function isHostFull(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'ENOSPC' || error.code === 'EDQUOT')
  );
}

/**
 * Renders an error for people: message, place, expected, got, excerpt, next step.
 * Plain text without colour, several lines, no trailing newline.
 */
export function describeError(error: TapbootError): string {
  const { at, expected, got, hint, frame, output } = error.details;
  const place = at === undefined ? '' : `${at.file}:${String(at.line)}:${String(at.column)}: `;
  const lines = [`${place}${error.message} [${error.code}]`];
  if (frame !== undefined) lines.push(frame);
  if (expected !== undefined) lines.push(`  expected: ${expected}`);
  if (got !== undefined) lines.push(`  got:      ${got}`);
  if (output !== undefined && output !== '') lines.push(output.replace(/^/gm, '  | '));
  if (hint !== undefined) lines.push(`  next:     ${hint}`);
  return lines.join('\n');
}
