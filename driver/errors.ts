import type { SourceLocation } from './location.js';

/**
 * Who is to blame when something does not hold; the same four words in TAP, JUnit,
 * the ledger and the exit code.
 *
 * - `product`: an expectation about the machine under test did not hold
 * - `scenario`: the YAML, or the way tapboot was called, is wrong
 * - `guest-dead`: the guest panicked, hung, powered off unasked, or QEMU is gone
 * - `infra`: a host tool, disk, port, or accelerator failed
 */
export type FailureClass = 'product' | 'scenario' | 'guest-dead' | 'infra';

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
  cause?: unknown;
}

/**
 * The one error type that crosses module borders. `code` is stable
 * (`TAPBOOT_E_…`, listed in docs/errors.md); `failureClass` decides the exit code.
 */
export class TapbootError extends Error {
  override readonly name: string = 'TapbootError';
  readonly code: `TAPBOOT_E_${string}`;
  readonly failureClass: FailureClass;
  readonly details: ErrorDetails;

  constructor(
    failureClass: FailureClass,
    code: `TAPBOOT_E_${string}`,
    message: string,
    details: ErrorDetails = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.failureClass = failureClass;
    this.details = details;
  }
}

/** The scenario file, or the call, is wrong. */
export const scenarioError = (
  code: `TAPBOOT_E_${string}`,
  message: string,
  details?: ErrorDetails,
): TapbootError => new TapbootError('scenario', code, message, details);

/** The host let us down. */
export const infraError = (
  code: `TAPBOOT_E_${string}`,
  message: string,
  details?: ErrorDetails,
): TapbootError => new TapbootError('infra', code, message, details);

/** The machine under test is no longer there to be asked. */
export const guestDead = (
  code: `TAPBOOT_E_${string}`,
  message: string,
  details?: ErrorDetails,
): TapbootError => new TapbootError('guest-dead', code, message, details);

/** An expectation about the machine under test did not hold. */
export const productError = (
  code: `TAPBOOT_E_${string}`,
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
