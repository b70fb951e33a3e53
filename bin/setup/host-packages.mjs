// Which Debian packages the host lacks, and how to get them.
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { tree } from './tree.mjs';

/** Directories where Debian keeps administration tools; not on an ordinary user's PATH. */
const SBIN = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/**
 * @typedef {{ name: string, for: 'run' | 'test', reason: string, commands: string[],
 *   files: string[][], inNixpkgs?: boolean }} HostPackage
 */

/**
 * The packages that `purpose` needs; a test needs all that a run needs.
 * @returns {HostPackage[]}
 */
export function packagesFor(purpose) {
  const { packages } = JSON.parse(
    readFileSync(join(tree.root, 'bin', 'host-packages.json'), 'utf8'),
  );
  return packages.filter((entry) => purpose === 'test' || entry.for === 'run');
}

function onPath(command, path) {
  return [...path.split(delimiter), ...SBIN].some((directory) => {
    try {
      accessSync(join(directory, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * What of `entry` is not there: commands, and files by their first name.
 * @param {HostPackage} entry
 * @param {{ path?: string, commandsOnly?: boolean }} [options] `commandsOnly` where files lie
 *   elsewhere than on Debian (a Nix shell)
 * @returns {string[]} empty when the package is proven to be there
 */
export function missingOf(entry, { path = process.env.PATH ?? '', commandsOnly = false } = {}) {
  const commands = entry.commands.filter((command) => !onPath(command, path));
  if (commandsOnly) return commands;
  const files = entry.files.filter((any) => !any.some((file) => existsSync(file)));
  return [...commands, ...files.map((any) => any[0])];
}

/** True for Debian and what calls itself like it, by /etc/os-release. */
export function isDebianLike(osRelease) {
  const values = new Map(
    osRelease.split('\n').map((line) => {
      const [key = '', value = ''] = line.split(/=(.*)/s);
      return [key, value.replace(/^["']|["']$/g, '')];
    }),
  );
  const names = `${values.get('ID') ?? ''} ${values.get('ID_LIKE') ?? ''}`.split(/\s+/);
  return names.includes('debian') || names.includes('ubuntu');
}

/** The command that installs `names`, as a person would type it. */
export const installCommand = (names) =>
  `apt-get update && apt-get install --no-install-recommends ${names.join(' ')}`;
