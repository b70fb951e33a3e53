import { createHash } from 'node:crypto';
import { constants, copyFile, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Apt } from './apt.js';
import { withLock } from '../../host/lock.js';
import { debFile, type PackageSet, type PackageVersion } from './packages.js';
import { SUITE } from './recipe.js';
import { runTool, type ToolContext } from './tools.js';

/**
 * Downloads the packages that are not in the cache yet; apt checks them against its
 * signed lists. Needs the network only when something is missing.
 *
 * @throws TapbootError `TAPBOOT_E_IMAGE_BUILD` (infra): offline, or the archive has moved on.
 */
export async function downloadPackages(
  context: ToolContext,
  apt: Apt,
  packages: PackageSet,
): Promise<void> {
  await withLock(join(apt.archives, 'tapboot.lock'), async () => {
    const all = [...packages.userland, packages.kernel];
    const missing: PackageVersion[] = [];
    for (const one of all) {
      const present = await stat(join(apt.archives, debFile(one))).catch(() => undefined);
      if (present === undefined) missing.push(one);
    }
    if (missing.length === 0) return;
    context.progress.stage(`downloading ${String(missing.length)} packages`);
    await runTool(context, 'apt-get', [...apt.options, 'download', ...missing.map(exactly)], {
      cwd: apt.archives,
    });
  });
}

/**
 * Lays the packages out as an archive of their own, so that the installation sees exactly
 * what was resolved and needs no network. mmdebstrap reads it through `copy:`.
 *
 * @param directory empty directory, readable by everyone (in `unshare` mode apt is
 *   another user).
 */
export async function makeRepository(
  context: ToolContext,
  apt: Apt,
  packages: PackageSet,
  directory: string,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const stanzas = await runTool(context, 'apt-cache', [
    ...[...apt.options, 'show', '--no-all-versions'],
    ...packages.userland.map(exactly),
  ]);
  const index = flattenIndex(stanzas);
  await writeFile(join(directory, 'Packages'), index);
  await writeFile(join(directory, 'Release'), releaseFile(index));
  for (const one of [...packages.userland, packages.kernel]) {
    const name = debFile(one);
    await copyFile(join(apt.archives, name), join(directory, name), constants.COPYFILE_FICLONE);
  }
}

/**
 * Points every stanza of a package index at a file beside it. The other fields, the
 * digests above all, stay as the archive signed them.
 */
export function flattenIndex(stanzas: string): string {
  return stanzas
    .split(/\n\n+/)
    .filter((stanza) => /^Package: /m.test(stanza))
    .map((stanza) => {
      const field = (name: string): string =>
        new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1] ?? '';
      const file = debFile({
        name: field('Package'),
        version: field('Version'),
        architecture: field('Architecture'),
      });
      return `${stanza.trim().replace(/^Filename: .*$/m, `Filename: ./${file}`)}\n`;
    })
    .join('\n');
}

function releaseFile(index: string): string {
  const digest = createHash('sha256').update(index).digest('hex');
  const size = String(Buffer.byteLength(index));
  return [
    `Suite: ${SUITE}`,
    `Codename: ${SUITE}`,
    'Architectures: amd64',
    'SHA256:',
    ` ${digest} ${size} Packages`,
    '',
  ].join('\n');
}

const exactly = ({ name, version }: PackageVersion): string => `${name}=${version}`;
