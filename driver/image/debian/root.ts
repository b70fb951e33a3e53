import { chmod, cp, mkdir, mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { endingError } from '../../ending.js';
import { asTapbootError, infraError } from '../../errors.js';
import { type Apt, prepareApt, updateLists } from './apt.js';
import type { ProviderContext } from '../image.js';
import { extractVmlinux, unpackKernel } from './kernel.js';
import { type PackageSet, debFile, resolvePackages } from './packages.js';
import { type Recipe, SOURCE_DATE_EPOCH, SUITE, sha256 } from './recipe.js';
import { downloadPackages, makeRepository } from './repository.js';
import { type StoreEntry, obtainEntry, readEntry } from './store.js';
import { type ToolContext, runTool } from './tools.js';

/** Left out while unpacking: nobody reads them in the guest. */
const EXCLUDED = ['/usr/share/man/*', '/usr/share/doc/*', '/usr/share/locale/*'];

/** What building a root file system needs; its kernel is told of before all else is there. */
type RootContext = ToolContext & Pick<ProviderContext, 'onKernel'>;

/**
 * Installs packages into a root file system and leaves in `directory` what the recipe's
 * `customize.sh ROOT RECIPE KERNEL_DEB` made of it: the files in `ROOT/tapboot-out`, of which
 * `kernel-version` becomes a fact. mmdebstrap chooses by itself whether it works as root or in a
 * user namespace.
 *
 * @returns provenance: kernel version, digest and list of the packages.
 */
export async function installRoot(
  context: ToolContext,
  apt: Apt,
  recipe: Pick<Recipe, 'directory' | 'packages'>,
  packages: PackageSet,
  directory: string,
): Promise<Record<string, string>> {
  await downloadPackages(context, apt, packages);
  await mkdir(directory, { recursive: true });
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
      {
        env: { SOURCE_DATE_EPOCH: String(SOURCE_DATE_EPOCH), TMPDIR: work },
        // unshare(1) blocks SIGTERM for as long as its child runs.
        stopSignal: tool === 'mmdebstrap' ? 'SIGTERM' : 'SIGKILL',
      },
    );
    const unpack = ['-C', directory, '--strip-components=1', '--no-same-owner', '-xf', result];
    await runTool(context, 'tar', unpack);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  const kernelVersion = (await readFile(join(directory, 'kernel-version'), 'utf8')).trim();
  await rm(join(directory, 'kernel-version'));
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

/**
 * The root file system for a recipe and the packages that apt offers now.
 *
 * In this order: the host's package lists; lists of our own, fetched when the host has
 * none or the archive no longer has what they name; and, when neither leads to an image
 * (offline, no lists), the newest cached one of the same recipe, which is said.
 */
export async function obtainRoot(
  context: RootContext,
  directory: string,
  recipe: Recipe,
): Promise<StoreEntry> {
  const reasons: string[] = [];
  let failure: unknown;
  for (const lists of ['host', 'own'] as const) {
    try {
      const entry = await rootFrom(context, directory, recipe, lists);
      if (reasons.length > 0) context.progress.log(reasons.join('; '));
      return entry;
    } catch (error) {
      if (context.signal?.aborted === true) throw endingError(context.signal);
      const problem = asTapbootError(error);
      if (problem.code === 'TAPBOOT_E_TOOL_MISSING') throw error;
      failure = error;
      reasons.push(`${lists} package lists: ${problem.message}`);
      context.progress.log(`no image from the ${lists} package lists: ${problem.message}`);
    }
    const cached = await newestCached(context, directory, recipe);
    if (cached !== undefined) {
      context.progress.log(
        `using the cached root file system ${cached.directory} of the same recipe; ` +
          'cannot check for newer packages',
      );
      return cached;
    }
  }
  throw failure;
}

/**
 * Downloads the packages that {@link obtainRoot} would install now, unless it would find the root
 * file system in the cache; needs apt alone.
 * @returns what is there now, in a few words
 */
export async function fetchRoot(
  context: ToolContext,
  directory: string,
  recipe: Recipe,
): Promise<string> {
  const fetch = async (lists: Apt['lists']): Promise<string> => {
    const { apt, packages, key } = await packagesFrom(context, directory, recipe, lists);
    const built = await readEntry(join(directory, 'root', key), context.progress);
    if (built !== undefined) return 'the image is built already';
    await downloadPackages(context, apt, packages);
    return `all ${String(packages.userland.length + 1)} packages are there`;
  };
  try {
    return await fetch('host');
  } catch (error) {
    if (context.signal?.aborted === true) throw endingError(context.signal);
    context.progress.log(`nothing from the host package lists: ${asTapbootError(error).message}`);
    return await fetch('own');
  }
}

/** What the root file system is made of, by the given lists, and its key in the store. */
async function packagesFrom(
  context: ToolContext,
  directory: string,
  recipe: Recipe,
  lists: Apt['lists'],
): Promise<{ apt: Apt; packages: PackageSet; key: string }> {
  const apt = await prepareApt(context, directory, lists);
  if (lists === 'own') {
    await updateLists(context, apt);
  } else if (!apt.hasLists) {
    throw infraError('TAPBOOT_E_APT_LISTS', `apt has no package lists for ${SUITE}`, {
      hint: 'Run apt-get update.',
    });
  }
  const packages = await resolvePackages(context, apt, recipe, directory);
  return { apt, packages, key: sha256('root', recipe.rootDigest, packages.digest) };
}

async function rootFrom(
  context: RootContext,
  directory: string,
  recipe: Recipe,
  lists: Apt['lists'],
): Promise<StoreEntry> {
  const { apt, packages, key } = await packagesFrom(context, directory, recipe, lists);
  return obtainEntry({
    ...context,
    directory: join(directory, 'root'),
    key,
    // As `root.erofs`, `vmlinux`, `vmlinuz` and `initrd`, the base of all initrds.
    build: async (target) => {
      // The kernel comes first: whoever waits for it need not wait for the rest.
      await downloadPackages(context, apt, packages);
      await mkdir(target, { recursive: true });
      const [bzImage, vmlinux] = [join(target, 'vmlinuz'), join(target, 'vmlinux')];
      await unpackKernel(context, join(apt.archives, debFile(packages.kernel)), bzImage);
      await extractVmlinux(context, bzImage, vmlinux);
      await context.onKernel?.(vmlinux);
      const facts = await installRoot(context, apt, recipe, packages, target);
      return { ...facts, recipe_digest: recipe.rootDigest };
    },
  });
}

async function newestCached(
  context: ToolContext,
  directory: string,
  recipe: Recipe,
): Promise<StoreEntry | undefined> {
  const parent = join(directory, 'root');
  const names = (await readdir(parent).catch(() => [])).filter((name) =>
    /^[0-9a-f]{64}$/.test(name),
  );
  const candidates: { path: string; built: number }[] = [];
  for (const name of names) {
    const manifest = join(parent, name, 'manifest.json');
    const text = await readFile(manifest, 'utf8').catch(() => '');
    if (!text.includes(`"recipe_digest": "${recipe.rootDigest}"`)) continue;
    candidates.push({ path: join(parent, name), built: (await stat(manifest)).mtimeMs });
  }
  for (const { path } of candidates.sort((a, b) => b.built - a.built)) {
    const entry = await readEntry(path, context.progress);
    if (entry !== undefined) return entry;
  }
  return undefined;
}
