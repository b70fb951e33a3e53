import { chmod, cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Apt } from './apt.js';
import { extractVmlinux } from './kernel.js';
import { debFile, type PackageSet } from './packages.js';
import { SOURCE_DATE_EPOCH, SUITE, type Recipe } from './recipe.js';
import { downloadPackages, makeRepository } from './repository.js';
import { runTool, type ToolContext } from './tools.js';

/** Left out while unpacking: nobody reads them in the guest. */
const EXCLUDED = ['/usr/share/man/*', '/usr/share/doc/*', '/usr/share/locale/*'];

/**
 * Builds root file system, kernel and base initrd into `directory` as `root.erofs`,
 * `vmlinux`, `vmlinuz` and `initrd`. mmdebstrap chooses by itself whether it works as
 * root or in a user namespace.
 *
 * @returns provenance: kernel version, digest and list of the packages.
 */
export async function buildRoot(
  context: ToolContext,
  apt: Apt,
  recipe: Recipe,
  packages: PackageSet,
  directory: string,
): Promise<Record<string, string>> {
  await downloadPackages(context, apt, packages);
  // Beside the system's other temporary files and not in the cache: in a user namespace,
  // the installation cannot look into somebody's home directory.
  const work = await mkdtemp(join(tmpdir(), 'tapboot-root-'));
  try {
    await chmod(work, 0o755);
    const staged = join(work, 'recipe');
    await cp(recipe.directory, staged, { recursive: true });
    await makeRepository(context, apt, packages, join(work, 'repository'));
    const result = join(work, 'result.tar');
    context.progress.stage('installing the root file system');
    const [tool, ...wrapped] = [...contained(), 'mmdebstrap'];
    await runTool(
      context,
      tool,
      [
        ...wrapped,
        ...['--variant=essential', '--format=null', '--architectures=amd64'],
        // Else the essential package that insists on a merged /usr refuses to install.
        '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr',
        `--include=${recipe.packages.join(',')}`,
        '--aptopt=pkgCacheGen::ForceEssential ",";',
        ...EXCLUDED.map((path) => `--dpkgopt=path-exclude=${path}`),
        `--customize-hook=${staged}/customize.sh "$1" ${staged} ${work}/repository/${debFile(packages.kernel)}`,
        `--customize-hook=tar-out /tapboot-out ${result}`,
        ...[SUITE, '/dev/null', `deb [trusted=yes] copy:${work}/repository ./`],
      ],
      { env: { SOURCE_DATE_EPOCH: String(SOURCE_DATE_EPOCH), TMPDIR: work } },
    );
    await mkdir(directory, { recursive: true });
    const unpack = ['-C', directory, '--strip-components=1', '--no-same-owner', '-xf', result];
    await runTool(context, 'tar', unpack);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  const kernelVersion = (await readFile(join(directory, 'kernel-version'), 'utf8')).trim();
  await rm(join(directory, 'kernel-version'));
  await extractVmlinux(context, join(directory, 'vmlinuz'), join(directory, 'vmlinux'));
  return {
    kernel_version: kernelVersion,
    package_list_digest: packages.digest,
    packages: [...packages.userland, packages.kernel].map(debFile).join(' '),
  };
}

/**
 * As root, mmdebstrap mounts /proc, /sys and parts of /dev below its working directory. In
 * name spaces of its own these mounts end with its processes, and those end with us: a
 * build that was killed leaves plain files, and whoever clears up cannot reach the host's
 * /proc or /sys through them. Without root mmdebstrap makes name spaces itself.
 */
function contained(): string[] {
  if (userInfo().uid !== 0) return [];
  return [
    ...['setpriv', '--pdeathsig', 'KILL'],
    ...['unshare', '--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child'],
    '--mount-proc',
  ];
}
