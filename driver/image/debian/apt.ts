import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { infraError } from '../../errors.js';
import { sha256, SUITE } from './recipe.js';
import { runTool, type ToolContext } from './tools.js';

/**
 * apt as the build uses it: the host's own archives, but an empty machine, and only what
 * belongs to the suite of the image. The host's state is read, never written.
 */
export interface Apt {
  /** Options for every call of apt-get and apt-cache. */
  options: string[];
  /** Where the downloaded packages lie. */
  archives: string;
  /** Changes whenever another answer is possible: configuration and package lists. */
  fingerprint: string;
  /** Whether the package lists are the host's, or a copy of our own. */
  lists: 'host' | 'own';
  /** Whether there are any lists for the suite. */
  hasLists: boolean;
}

/**
 * Prepares apt with the host's package lists, or with lists of our own (which
 * `updateLists` fetches).
 *
 * @param directory below which everything of ours is kept
 */
export async function prepareApt(
  context: ToolContext,
  directory: string,
  lists: Apt['lists'],
): Promise<Apt> {
  const archives = join(directory, 'debs');
  const own = join(directory, 'apt', lists);
  await mkdir(join(archives, 'partial'), { recursive: true });
  await mkdir(join(own, 'lists/partial'), { recursive: true });
  await mkdir(join(own, 'cache'), { recursive: true });
  await writeIfOther(join(own, 'status'), '');
  const hostPaths = await runTool(context, 'apt-config', [
    ...['shell', 'LISTS', 'Dir::State::lists/d', 'ETC', 'Dir::Etc/d'],
  ]);
  const hostLists = /^LISTS='(.*)'$/m.exec(hostPaths)?.[1] ?? '/var/lib/apt/lists/';
  const hostEtc = /^ETC='(.*)'$/m.exec(hostPaths)?.[1] ?? '/etc/apt/';
  const listDirectory = lists === 'host' ? hostLists : join(own, 'lists');
  const sources = await readSources(context, lists);
  await writeIfOther(join(own, 'sources.list'), sources);
  const described = await describeTree(listDirectory, `_dists_${SUITE}`);
  const fingerprint = sha256(sources, await describeTree(hostEtc), described);
  const settings = {
    'Dir::Etc::sourcelist': join(own, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'Dir::State::lists': listDirectory,
    'Dir::State::status': join(own, 'status'),
    'Dir::State::extended_states': join(own, 'extended_states'),
    'Dir::Cache': join(own, 'cache'),
    'Dir::Cache::archives': archives,
    'Dir::Cache::pkgcache': 'pkgcache.bin',
    'Dir::Cache::srcpkgcache': 'srcpkgcache.bin',
    'APT::Architecture': 'amd64',
    'APT::Architectures': 'amd64',
    'APT::Install-Recommends': 'false',
    // Else apt counts itself among the essential packages.
    'pkgCacheGen::ForceEssential': ',',
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '3',
  };
  return {
    options: Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
    archives,
    fingerprint,
    lists,
    hasLists: described !== '',
  };
}

/** Fetches the package lists into our own directory; needs the network. */
export async function updateLists(context: ToolContext, apt: Apt): Promise<void> {
  context.progress.stage('fetching package lists');
  await runTool(context, 'apt-get', [...apt.options, '--error-on=any', 'update']);
}

/**
 * The host's Debian archives that carry the suite, as one-line sources. A host of another
 * Debian release names archives that carry ours too: there the suite is put in its place.
 */
export async function readSources(context: ToolContext, lists: Apt['lists']): Promise<string> {
  // Tells the sources in whatever format they are written, also before the first update.
  const text = await runTool(context, 'apt-get', ['update', '--print-uris']);
  const sources = selectSources(text, lists === 'own');
  if (sources !== '') return sources;
  throw infraError('TAPBOOT_E_APT_SOURCES', `apt knows no archive with Debian ${SUITE}`, {
    expected: `a source with the suite ${SUITE} and the component main`,
    got: text === '' ? 'no sources at all' : text,
    hint: 'Add one to /etc/apt/sources.list.d, then run apt-get update.',
  });
}

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * Picks sources out of what `apt-get update --print-uris` says: lines that begin with
 * `'URI/dists/SUITE/InRelease'`.
 *
 * @param otherReleases whether an archive that names another Debian release may be taken
 *   with our suite put in.
 * @returns one-line sources, one a line; empty when none fits.
 */
export function selectSources(text: string, otherReleases: boolean): string {
  const all = [...text.matchAll(/^'(\S+?)\/dists\/([^\s/']+)\/InRelease'/gm)].map((match) => ({
    uri: match[1] ?? '',
    suite: match[2] ?? '',
  }));
  const isOurs = ({ suite }: { suite: string }): boolean =>
    [SUITE, `${SUITE}-updates`, `${SUITE}-security`].includes(suite);
  let chosen = all.filter(isOurs);
  if (chosen.length === 0 && otherReleases) {
    chosen = all
      .filter(({ uri }) => /\/debian(-security)?$/.test(uri))
      .map(({ uri, suite }) => ({ uri, suite: suite.replace(/^[a-z]+/, SUITE) }))
      .filter(isOurs);
  }
  const lines = chosen.map(
    ({ uri, suite }) => `deb [signed-by=${KEYRING}] ${uri}/ ${suite} main\n`,
  );
  return [...new Set(lines)].join('');
}

/**
 * Names, sizes and times of the files below a directory, as a text to be digested. What only
 * others may read (apt's own `partial`) is left out.
 */
async function describeTree(directory: string, containing = ''): Promise<string> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const lines = entries.map(async (entry): Promise<string> => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return await describeTree(path, containing);
    if (!entry.name.includes(containing)) return '';
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() !== true) return '';
    return `${path} ${String(found.size)} ${String(found.mtimeMs)}`;
  });
  return (await Promise.all(lines))
    .filter((line) => line !== '')
    .sort()
    .join('\n');
}

/** Leaves a file alone that has this text, so that apt does not think it new. */
async function writeIfOther(file: string, text: string): Promise<void> {
  if ((await readFile(file, 'utf8').catch(() => undefined)) === text) return;
  await writeFile(file, text);
}
