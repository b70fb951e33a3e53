import { join } from 'node:path';
import type { BootImage, BootMedium, ImageProvider, ImageSpec, ProviderContext } from '../image.js';
import { digestLayers, readLayer } from '../layers.js';
import { agentLayer } from './agent.js';
import { obtainInitrd } from './initrd-with-layers.js';
import { obtainIso } from './iso.js';
import { readOptions } from './options.js';
import { KERNEL_ARGUMENTS, readRecipe, sha256 } from './recipe.js';
import { fetchRoot, obtainRoot } from './root.js';
import type { StoreEntry } from './store.js';

type DirectMedium = Extract<BootMedium, { kind: 'direct' }>;

/**
 * The embedded default image: a small Debian system made from the host's own package
 * sources, as kernel + initrd + root file system (`fast`) or as an ISO.
 */
export const provider: ImageProvider = { name: 'debian', provide, fetch };

async function fetch(spec: ImageSpec, context: ProviderContext): Promise<string> {
  readOptions(spec, context.workingDirectory);
  const recipe = await readRecipe(context.projectRoot);
  return await fetchRoot(context, join(context.cacheDirectory, 'images/debian'), recipe);
}

async function provide(spec: ImageSpec, context: ProviderContext): Promise<BootImage> {
  const options = readOptions(spec, context.workingDirectory);
  const directory = join(context.cacheDirectory, 'images/debian');
  const agent = await agentLayer(options.agent, context.projectRoot);
  const layers = agent === undefined ? [] : [agent];
  for (const path of options.layers) layers.push(await readLayer(path));

  const recipe = await readRecipe(context.projectRoot);
  const root = await obtainRoot(context, directory, recipe);
  const initrd = await obtainInitrd(context, directory, root, layers);
  const parts: StoreEntry[] = [root, initrd];
  const fast: DirectMedium = {
    kind: 'direct',
    kernel: join(root.directory, 'vmlinux'),
    initrds: [join(initrd.directory, 'initrd')],
    append: KERNEL_ARGUMENTS,
  };
  const withRoot: BootMedium = { ...fast, root: join(root.directory, 'root.erofs') };
  let medium: BootMedium = withRoot;
  const artifact: BootImage['artifact'] = {
    form: options.layout,
    agent: options.agent.kind === 'directory' ? options.agent.path : options.agent.kind,
    agent_digest: agent === undefined ? undefined : digestLayers([agent]),
    layers_digest: digestLayers(layers),
    root_digest: root.digests['root.erofs'],
    kernel_version: root.facts['kernel_version'],
    package_list_digest: root.facts['package_list_digest'],
    recipe_digest: recipe.rootDigest,
  };
  if (options.layout === 'iso') {
    const iso = await obtainIso(context, directory, recipe, root, initrd);
    parts.push(iso);
    const path = join(iso.directory, 'image.iso');
    artifact.iso_path = path;
    artifact['iso_digest'] = iso.digests['image.iso'];
    // The same kernel and initrd as on the ISO; the root file system is found on it.
    medium =
      options.boot === 'direct'
        ? { ...fast, kernel: join(root.directory, 'vmlinuz'), iso: path }
        : { kind: 'cd', iso: path, firmware: options.boot };
  }
  const built = parts.flatMap((part) => part.buildSeconds ?? []);
  return {
    provider: 'debian',
    spec: spec.text,
    medium,
    access: { root: 'credential', user: 'root' },
    artifact,
    identity: sha256(
      ...['debian', options.layout, options.layout === 'iso' ? options.boot : '', KERNEL_ARGUMENTS],
      ...parts.map((part) => sha256(...Object.entries(part.digests).flat())),
    ),
    buildSeconds: built.length === 0 ? undefined : built.reduce((a, b) => a + b),
    cached: built.length === 0,
  };
}
