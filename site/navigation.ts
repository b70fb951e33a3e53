import { posix } from 'node:path';
import type { Page, Pages } from './pages.js';

interface Entry {
  label: string;
  target: string;
}

/** A kind of page (`Tutorial`, `How-to`, …) with its groups. */
export interface Kind {
  name: string;
  groups: { name: string; entries: Entry[] }[];
}

/**
 * The navigation is what `docs/README.md` says: its second-level headings are kinds, its list items
 * groups (`- Group: [page](file.md), …`), its links entries. Generated pages join the group that
 * a link of their own folder leads to, or begin one.
 *
 * @throws Error when a page is in no list: nobody would find it
 */
export function navigation(pages: Pages): Kind[] {
  const map = pages.bySource.get('docs/README.md');
  if (map === undefined) throw new Error('docs/README.md is missing');
  const kinds = map.markdown
    .split(/^## /m)
    .slice(1)
    .map((part) => kindOf(part, map, pages));
  const reference = kinds.find(({ name }) => name === 'Reference');
  if (reference === undefined) throw new Error('docs/README.md has no section Reference');
  reference.groups.push({
    name: 'Generated from the code',
    entries: pages.all
      .filter(({ source }) => source.startsWith('docs/reference/'))
      .map(({ title, target }) => ({ label: title, target })),
  });
  const listed = new Set(
    kinds.flatMap(({ groups }) => groups).flatMap(({ entries }) => targets(entries)),
  );
  const lost = pages.all.filter(
    ({ source, target }) =>
      !listed.has(target) && source !== 'docs/README.md' && !/^docs\/decisions\/\d/.test(source),
  );
  if (lost.length > 0) {
    throw new Error(`docs/README.md does not list ${lost.map(({ source }) => source).join(', ')}`);
  }
  return kinds;
}

const targets = (entries: readonly Entry[]): string[] => entries.map(({ target }) => target);

function kindOf(part: string, map: Page, pages: Pages): Kind {
  const [name = '', ...rest] = part.split('\n');
  const items = rest.join('\n').split(/^- /m).slice(1);
  return {
    name: name.trim(),
    groups: items.map((item) => ({
      name: /^([^[:]+):/.exec(item)?.[1] ?? '',
      entries: [...item.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)].map(([, label = '', link = '']) => {
        const page = pageAt(pages, posix.join(posix.dirname(map.source), link));
        if (page === undefined) throw new Error(`docs/README.md links to ${link}: no such page`);
        return { label: inList(label, page), target: page.target };
      }),
    })),
  };
}

/** A label begins a line here. Step kinds are names, and stay as they are. */
function inList(label: string, { source }: Page): string {
  if (source.startsWith('docs/steps/')) return label;
  return label.charAt(0).toUpperCase() + label.slice(1);
}

/** The page of a file, or of a directory with an index. */
export function pageAt(pages: Pages, source: string): Page | undefined {
  return pages.bySource.get(source) ?? pages.bySource.get(posix.join(source, 'index.md'));
}
