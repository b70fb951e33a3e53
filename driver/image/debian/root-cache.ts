import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { asTapbootError, infraError } from '../../errors.js';
import { prepareApt, updateLists, type Apt } from './apt.js';
import { resolvePackages } from './packages.js';
import { sha256, SUITE, type Recipe } from './recipe.js';
import { buildRoot } from './root.js';
import { obtainEntry, readEntry, type StoreEntry } from './store.js';
import type { ToolContext } from './tools.js';

/**
 * The root file system for a recipe and the packages that apt offers now.
 *
 * In this order: the host's package lists; lists of our own, fetched when the host has
 * none or the archive no longer has what they name; and, when neither leads to an image
 * (offline, no lists), the newest cached one of the same recipe, which is said.
 */
export async function obtainRoot(
  context: ToolContext,
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
      context.signal?.throwIfAborted();
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
          'whether newer packages exist could not be found out',
      );
      return cached;
    }
  }
  throw failure;
}

async function rootFrom(
  context: ToolContext,
  directory: string,
  recipe: Recipe,
  lists: Apt['lists'],
): Promise<StoreEntry> {
  const apt = await prepareApt(context, directory, lists);
  if (lists === 'own') {
    await updateLists(context, apt);
  } else if (!apt.hasLists) {
    throw infraError('TAPBOOT_E_APT_LISTS', `apt has no package lists for ${SUITE}`, {
      hint: 'Run apt-get update.',
    });
  }
  const packages = await resolvePackages(context, apt, recipe, directory);
  return obtainEntry({
    ...context,
    directory: join(directory, 'root'),
    key: sha256('root', recipe.rootDigest, packages.digest),
    build: async (target) => ({
      ...(await buildRoot(context, apt, recipe, packages, target)),
      recipe_digest: recipe.rootDigest,
    }),
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
