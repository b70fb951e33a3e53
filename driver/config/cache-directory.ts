import { isAbsolute, join } from 'node:path';
import { infraError } from '../errors.js';

/**
 * Where tapboot keeps what it can make again: `$XDG_CACHE_HOME/tapboot`, else
 * `$HOME/.cache/tapboot`. A relative `XDG_CACHE_HOME` is ignored, as the XDG Base
 * Directory Specification demands. Nothing is created here.
 *
 * @param env the environment, as the command line read it
 * @throws TapbootError `infra` when neither variable names an absolute directory
 */
export function userCacheDirectory(env: Readonly<Record<string, string | undefined>>): string {
  const { XDG_CACHE_HOME: xdg, HOME: home } = env;
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, 'tapboot');
  if (home !== undefined && isAbsolute(home)) return join(home, '.cache', 'tapboot');
  throw infraError('TAPBOOT_E_CACHE_DIRECTORY', 'there is no place for the cache', {
    expected: 'an absolute path in XDG_CACHE_HOME or HOME',
    got: `XDG_CACHE_HOME=${xdg ?? '(unset)'}, HOME=${home ?? '(unset)'}`,
    hint: 'Set XDG_CACHE_HOME to a directory you can write to.',
  });
}
