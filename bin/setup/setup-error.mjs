/** Exit code of a set-up that could not be completed: the host is in the way (EXIT.infra). */
export const EXIT_INFRA = 4;

/** A reason to stop that the user can act on: printed without a stack. */
export class SetupError extends Error {
  /**
   * @param {string} code stable code, of the table in driver/error-codes.ts
   * @param {string} message what is wrong
   * @param {{ output?: string, hint?: string, exitCode?: number }} [details]
   */
  constructor(code, message, { output, hint, exitCode = EXIT_INFRA } = {}) {
    super(message);
    this.code = code;
    this.output = output;
    this.hint = hint;
    this.exitCode = exitCode;
  }

  /** Same shape as the driver's own messages (driver/errors.ts, describeError). */
  describe() {
    const lines = [`${this.message} [${this.code}]`];
    if (this.output) lines.push(this.output.trimEnd().replace(/^/gm, '  | '));
    if (this.hint) lines.push(`  next:     ${this.hint}`);
    return lines.join('\n');
  }
}
