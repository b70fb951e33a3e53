import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { infraError } from '../errors.js';
import { installCommand, type HostPackage } from './packages.js';

/** Directories where Debian keeps administration tools; not on an ordinary user's PATH. */
const SBIN = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/**
 * Absolute path of a program, or undefined when the host has none.
 * @param searchPath the PATH variable; the sbin directories are looked at after it
 */
export async function locateTool(name: string, searchPath: string): Promise<string | undefined> {
  for (const directory of [...searchPath.split(delimiter), ...SBIN]) {
    if (directory === '') continue;
    const candidate = join(directory, name);
    try {
      await access(candidate, constants.X_OK);
      return candidate;
    } catch {
      continue;
    }
  }
  return undefined;
}

/**
 * Absolute path of a program that has to be there.
 * @param packages the table that says which package brings it
 * @throws TapbootError `infra` TAPBOOT_E_HOST_TOOL_MISSING, naming the package
 */
export async function findTool(
  name: string,
  searchPath: string,
  packages: readonly HostPackage[],
): Promise<string> {
  const found = await locateTool(name, searchPath);
  if (found !== undefined) return found;
  const owner = packages.find((entry) => entry.commands.includes(name));
  throw infraError('TAPBOOT_E_HOST_TOOL_MISSING', `the tool ${name} is missing on this host`, {
    expected: owner === undefined ? `${name} on the PATH` : `${name}, which ${owner.reason}`,
    got: `not found in ${searchPath} or the sbin directories`,
    hint: owner === undefined ? undefined : `As root: ${installCommand([owner.name])}`,
  });
}
