import { scenarioError } from '../../errors.js';
import type { GuestAccess } from '../../language/guest-access.js';

/**
 * How to become root, from the options `user`, `password` and `access` of a SPEC. Nothing is
 * known of an image from outside: the credential is offered, and the console shows whether it
 * was taken, unless `access` says which.
 *
 * @throws TapbootError `scenario` for another value of `access`
 */
export function guestAccess(options: Readonly<Record<string, string>>): GuestAccess {
  const root = options['access'] ?? 'auto';
  if (root !== 'credential' && root !== 'console' && root !== 'auto') {
    throw scenarioError('TAPBOOT_E_IMAGE_OPTION_VALUE', 'the image option “access” is wrong', {
      expected: 'credential, console or auto',
      got: root,
    });
  }
  const { user, password } = options;
  return {
    root,
    user: user === undefined || user === '' ? 'root' : user,
    password,
  };
}

/**
 * The option `boot`, when it is given.
 * @throws TapbootError `scenario` for a value that is not one of `allowed`
 */
export function bootOption<T extends string>(
  options: Readonly<Record<string, string>>,
  allowed: readonly T[],
  why: string,
): T | undefined {
  const { boot } = options;
  if (boot === undefined) return undefined;
  const found = allowed.find((value) => value === boot);
  if (found !== undefined) return found;
  throw scenarioError('TAPBOOT_E_IMAGE_OPTION_VALUE', 'the image option “boot” is wrong', {
    expected: `${allowed.join(', ')} (${why})`,
    got: boot,
  });
}
