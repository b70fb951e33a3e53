// Builds the documentation site: node --import tsx site/build.ts DIRECTORY
import { rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import Eleventy from '@11ty/eleventy';
import { copyAssets, writeSearchIndex } from './assets.js';
import { configure } from './configure.js';
import { collectPages } from './pages.js';

const root = join(import.meta.dirname, '..');
const output = process.argv[2] ?? join(root, 'docs/_site');

// Eleventy counts paths from the working directory, and takes no others.
process.chdir(root);
// Nothing of an earlier build stays: a page that is gone would still be found.
await rm(output, { recursive: true, force: true });
const pages = await collectPages(root);
const site = new Eleventy('docs', relative(root, output), {
  quietMode: true,
  config: (eleventy) => {
    configure(eleventy, root, pages);
  },
});
await site.write();
await copyAssets(root, output, pages);
await writeSearchIndex(output, pages);
process.stdout.write(`${String(pages.all.length)} pages\n`);
