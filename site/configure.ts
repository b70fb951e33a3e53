import { posix } from 'node:path';
import type { UserConfig } from '@11ty/eleventy';
import { projectVersion } from '../driver/host/project-root.js';
import { amendMarkdown } from './markdown.js';
import { navigation, type Kind } from './navigation.js';
import type { Pages } from './pages.js';

/** Tells Eleventy what the site's pages are and how they look. */
export function configure(eleventy: UserConfig, root: string, pages: Pages): void {
  eleventy.setUseGitIgnore(false);
  eleventy.setTemplateFormats(['md']);
  eleventy.setIncludesDirectory('../site/layouts');
  eleventy.amendLibrary('md', (markdown) => {
    amendMarkdown(markdown, root, pages);
  });
  eleventy.addGlobalData('navigation', navigation(pages));
  eleventy.addGlobalData('layout', 'page.njk');
  eleventy.addGlobalData('version', projectVersion(root));
  // Pages are Markdown and nothing more: braces in them are theirs.
  eleventy.addGlobalData('templateEngineOverride', 'md');
  eleventy.addGlobalData('eleventyComputed', {
    permalink: ({ page }: Rendered) => pageOf(pages, page.inputPath).target,
    title: ({ page }: Rendered) => pageOf(pages, page.inputPath).title,
    target: ({ page }: Rendered) => pageOf(pages, page.inputPath).target,
  });
  eleventy.addFilter('from', (target: string, here: string) => linkBetween(here, target));
  eleventy.addFilter('headings', (target: string) => pages.headings.get(target) ?? []);
  eleventy.addFilter('kindOf', (kinds: Kind[], here: string) =>
    kinds.find(({ groups }) =>
      groups.some(({ entries }) => entries.some(({ target }) => target === here)),
    ),
  );
  for (const { source, markdown } of pages.all) {
    // The project's own files lie outside of the input; Eleventy gets them as if they were in it.
    if (!source.startsWith('docs/')) eleventy.addTemplate(`project/${source}`, markdown);
    else if (pages.bySource.get(source)?.generated === true) {
      eleventy.addTemplate(source.replace(/^docs\//, ''), markdown);
    }
  }
}

interface Rendered {
  page: { inputPath: string };
}

/** The page that Eleventy knows by this path. */
export function pageOf(pages: Pages, inputPath: string): Pages['all'][number] {
  const source = inputPath.replace(/^\.\//, '').replace(/^docs\/project\//, '');
  const page = pages.bySource.get(source);
  if (page === undefined) throw new Error(`Eleventy found a page that is none of ours: ${source}`);
  return page;
}

/** A relative link, so that the site works from any directory and without a server. */
export function linkBetween(here: string, target: string): string {
  return posix.relative(posix.dirname(here), target);
}
