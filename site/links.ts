import { existsSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { pageAt } from './navigation.js';
import type { Page, Pages } from './pages.js';
import type { Token } from './token.js';

const ERROR_CODE = /^TAPBOOT_E_[A-Z0-9_]+$/;
const ERRORS = 'docs/errors.md';

/** Rewrites links to files into links to pages, and makes links of error codes. */
export function rewriteLinks(inline: Token, page: Page, root: string, pages: Pages): void {
  let depth = 0;
  for (const token of inline.children ?? []) {
    if (token.type === 'link_close') depth -= 1;
    if (token.type === 'link_open') {
      depth += 1;
      token.attrSet('href', resolveLink(token.attrGet('href') ?? '', page, root, pages));
    } else if (token.type === 'code_inline' && depth === 0) {
      const href = linkOfCode(token.content, page, pages);
      if (href !== undefined) token.meta = { href };
    }
  }
}

/** The row of an error code. A code that has none would be a link to nowhere. */
function linkOfCode(code: string, page: Page, pages: Pages): string | undefined {
  const errors = pages.bySource.get(ERRORS);
  if (errors === undefined || errors === page || !ERROR_CODE.test(code)) return undefined;
  if (!errors.markdown.includes(`\n| \`${code}\``)) return undefined;
  return `${relativeTo(page, errors.target)}#${code}`;
}

const relativeTo = (page: Page, target: string): string =>
  posix.relative(posix.dirname(page.target), target);

/** @throws Error for a link to a file that the tree does not have */
function resolveLink(href: string, page: Page, root: string, pages: Pages): string {
  if (/^[a-z]+:/.test(href) || href.startsWith('#')) return href;
  const [path = '', anchor] = href.split('#');
  const hash = anchor === undefined ? '' : `#${anchor}`;
  const source = posix.join(posix.dirname(page.source), path).replace(/\/$/, '');
  const target = pageAt(pages, source);
  if (target !== undefined) return relativeTo(page, target.target) + hash;
  const file = join(root, source);
  if (!existsSync(file) || !statSync(file).isFile()) {
    throw new Error(`${page.source} links to ${href}: no such page or file`);
  }
  pages.linkedFiles.add(source);
  return relativeTo(page, `files/${source}`);
}
