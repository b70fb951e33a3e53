import { REDACTION } from '../redact/redactor.js';

/** A command line without the values of its `--var`: which of them are secret is not known. */
export function withoutValues(command: readonly string[]): string[] {
  return command.map((word, index) => {
    if (word.startsWith('--var=')) return word.replace(/^(--var=[^=]*=).*$/s, `$1${REDACTION}`);
    return command[index - 1] === '--var' ? word.replace(/=.*$/s, `=${REDACTION}`) : word;
  });
}
