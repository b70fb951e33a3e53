import type { Environment } from '../host/environment.js';

const OURS = /^(?:BOOT_IMAGE_VM|TAPBOOT)_[A-Z0-9_]+$/;
const SECRET = /(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|TOKEN|SECRET|KEY)(?:_|$)/;

/** What stands in the record in place of a secret's value. */
export const REDACTED = '[redacted]';

/**
 * The environment overrides in force, for the record: variables of the two families
 * `BOOT_IMAGE_VM_…` and `TAPBOOT_…` and nothing else, so that a CI's tokens never get
 * near a file. Within the families, values of variables named like a secret
 * (`…_PASSWORD`, `…_TOKEN`, `…_SECRET`, `…_KEY`) are replaced, their names kept.
 * @param redact takes the values that scenarios redact out of the others
 */
export function overridesInForce(
  env: Environment,
  redact: (text: string) => string = (text) => text,
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of Object.keys(env).sort()) {
    const value = env[name];
    if (value === undefined || !OURS.test(name)) continue;
    found[name] = SECRET.test(name) ? REDACTED : redact(value);
  }
  return found;
}
