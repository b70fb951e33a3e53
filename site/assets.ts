import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import MiniSearch from 'minisearch';
import type { Pages } from './pages.js';

/** Copies what pages load and link to: style, scripts, schemas, files of the tree. */
export async function copyAssets(root: string, output: string, pages: Pages): Promise<void> {
  await cp(join(root, 'site/client'), join(output, 'assets'), { recursive: true });
  for (const file of pages.linkedFiles) {
    const target = join(output, 'files', file);
    await mkdir(dirname(target), { recursive: true });
    await cp(join(root, file), target);
  }
}

/** How a section is indexed; the page in the browser reads the index with the same. */
const INDEX = { fields: ['heading', 'page', 'text'], storeFields: ['heading', 'page', 'url'] };

/**
 * Writes the search: the library and the finished index as scripts. A page that was opened from
 * a file may load scripts, and nothing else.
 */
export async function writeSearchIndex(output: string, pages: Pages): Promise<void> {
  const index = new MiniSearch(INDEX);
  index.addAll(pages.sections.map((section, id) => ({ id, ...section })));
  const require = createRequire(import.meta.url);
  const umd = join(dirname(require.resolve('minisearch')), '../umd/index.js');
  const licence = await readFile(
    join(dirname(require.resolve('minisearch')), '../../LICENSE.txt'),
    'utf8',
  );
  const library = (await readFile(umd, 'utf8')).replace(/^\/\/# sourceMappingURL.*$/m, '');
  await writeFile(join(output, 'assets/minisearch.js'), `/*\nMiniSearch\n${licence}*/\n${library}`);
  const data = JSON.stringify({ options: INDEX, index: JSON.stringify(index) });
  await writeFile(join(output, 'assets/search-index.js'), `globalThis.tapbootSearch = ${data};\n`);
}
