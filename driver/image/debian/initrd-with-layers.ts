import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packLayers, digestLayers, type Layer } from '../layers.js';
import { sha256 } from './recipe.js';
import { obtainEntry, type StoreEntry } from './store.js';
import type { ToolContext } from './tools.js';

/**
 * The base initrd with layers appended, as one file: the kernel takes any number of
 * archives in a row. Kept per content, since it is cheap to have and cheap to make.
 */
export function obtainInitrd(
  context: ToolContext,
  directory: string,
  root: StoreEntry,
  layers: readonly Layer[],
): Promise<StoreEntry> {
  const base = root.digests['initrd'] ?? '';
  return obtainEntry({
    ...context,
    directory: join(directory, 'initrd'),
    key: sha256('initrd', base, digestLayers(layers)),
    build: async (target) => {
      context.progress.stage('joining the initrd and its layers');
      const parts = [await readFile(join(root.directory, 'initrd')), packLayers(layers)];
      await writeFile(join(target, 'initrd'), Buffer.concat(parts));
      return { layers: layers.map(({ name }) => name).join(' ') };
    },
  });
}
