import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agentLayer } from '../../driver/image/debian/agent.js';
import { prepareApt, updateLists, type Apt } from '../../driver/image/debian/apt.js';
import { writeIso } from '../../driver/image/debian/iso.js';
import { resolvePackages } from '../../driver/image/debian/packages.js';
import { sha256, SOURCE_DATE_EPOCH, SUITE } from '../../driver/image/debian/recipe.js';
import { installRoot } from '../../driver/image/debian/root.js';
import { obtainEntry } from '../../driver/image/debian/store.js';
import type { ToolContext } from '../../driver/image/debian/tools.js';
import { digestLayers, readLayer, type Layer } from '../../driver/image/layers.js';
import type { Progress } from '../../driver/host/progress.js';

/**
 * A Debian 12 live ISO as its users build them: generic kernel, live-boot, live-config, squashfs;
 * boots by BIOS and UEFI; a live user is logged in on ttyS0 and becomes root by `sudo -i`. With the
 * reference agent, which acts. Kept in the cache by the content of its recipe and packages.
 *
 * @returns its path
 * @throws TapbootError `infra` when a tool or package is missing
 */
export async function obtainLiveIso(
  progress: Progress,
  projectRoot: string,
  cacheDirectory: string,
): Promise<string> {
  const context: ToolContext = { progress };
  const directory = join(cacheDirectory, 'images/live');
  const source = join(projectRoot, 'test/images/live');
  const recipe = {
    directory: source,
    packages: (await readFile(join(source, 'packages.list'), 'utf8'))
      .replace(/#.*/g, '')
      .split(/\s+/)
      .filter(Boolean),
    kernelPackage: 'linux-image-amd64',
  };
  const agent = await agentLayer({ kind: 'reference' }, projectRoot);
  if (agent === undefined) throw new Error('there is a reference agent');
  const layers = [await readLayer(source, 'recipe'), agent];
  // Packages are shared with the embedded image; most are the same.
  const apt = await aptWithLists(context, join(cacheDirectory, 'images/debian'));
  await mkdir(directory, { recursive: true });
  const packages = await resolvePackages(context, apt, recipe, directory);
  const entry = await obtainEntry({
    ...context,
    directory,
    key: sha256(...[digestLayers(layers), packages.digest, SUITE, String(SOURCE_DATE_EPOCH)]),
    build: async (target) => {
      const work = await mkdtemp(join(tmpdir(), 'tapboot-live-'));
      try {
        const staged = join(work, 'recipe');
        await cp(source, staged, { recursive: true });
        await unpackLayer(agent, join(staged, 'agent'));
        const parts = join(work, 'parts');
        const facts = await installRoot(
          context,
          apt,
          { ...recipe, directory: staged },
          packages,
          parts,
        );
        progress.stage('writing the ISO');
        const files = Object.fromEntries(
          ['filesystem.squashfs', 'vmlinuz', 'initrd'].map((name) => [
            `live/${name}`,
            join(parts, name),
          ]),
        );
        const contents = { label: 'TAPBOOT_LIVE', loaders: join(source, 'iso'), files };
        await writeIso(context, contents, join(target, 'image.iso'));
        return facts;
      } finally {
        await rm(work, { recursive: true, force: true });
      }
    },
  });
  return join(entry.directory, 'image.iso');
}

/** apt with the host's package lists, or with lists of our own where the host has none. */
async function aptWithLists(context: ToolContext, directory: string): Promise<Apt> {
  const host = await prepareApt(context, directory, 'host');
  if (host.hasLists) return host;
  await updateLists(context, await prepareApt(context, directory, 'own'));
  return await prepareApt(context, directory, 'own');
}

/** Writes a layer out as plain files. */
async function unpackLayer({ entries }: Layer, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const entry of entries) {
    const path = join(directory, entry.path);
    if (entry.kind === 'directory') await mkdir(path, { recursive: true, mode: entry.mode });
    else if (entry.kind === 'symlink') await symlink(entry.target, path);
    else if (entry.kind === 'file') await writeFile(path, entry.content, { mode: entry.mode });
    else throw new Error(`${entry.path} is neither file, directory nor symlink`);
  }
}
