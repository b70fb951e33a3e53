import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { commandsPage } from './reference/commands.js';
import { filePages } from './reference/files.js';

/** A page before it is rendered. */
export interface Page {
  /** File in the tree, relative to its root; for a generated page, where it would lie. */
  source: string;
  /** Path in the site, with slashes and `.html`. */
  target: string;
  /** Its first heading, without markup. */
  title: string;
  markdown: string;
  /** Made here, of the code: there is no such file. */
  generated: boolean;
  /** First cells of its tables are anchors of their own, for links. */
  cellAnchors: boolean;
}

/** A second-level heading of a page. */
export interface Heading {
  id: string;
  text: string;
}

/** A part of a page that the search finds: a heading and what stands below it. */
export interface Section {
  /** Page and anchor, from the site's root. */
  url: string;
  page: string;
  heading: string;
  text: string;
}

/** The pages, and what rendering them brings to light. */
export interface Pages {
  all: Page[];
  bySource: ReadonlyMap<string, Page>;
  /** Files of the tree that pages link to, to be copied. Filled by rendering. */
  linkedFiles: Set<string>;
  /** By a page's target. Filled by rendering. */
  headings: Map<string, Heading[]>;
  /** Filled by rendering. */
  sections: Section[];
}

/** Pages that answer for each of their rows. */
const WITH_CELL_ANCHORS = new Set(['docs/errors.md']);

/** All pages of the site: those of `docs/`, the project's own three, and the generated ones. */
export async function collectPages(root: string): Promise<Pages> {
  const docs = (await readdir(join(root, 'docs'), { recursive: true }))
    .filter((name) => name.endsWith('.md') && !name.startsWith('_site'))
    .map((name) => `docs/${name}`);
  const written = await Promise.all(
    ['README.md', 'CHANGELOG.md', 'SECURITY.md', ...docs.sort()].map(async (source) =>
      makePage(source, await readFile(join(root, source), 'utf8')),
    ),
  );
  const decisions = written.filter(({ source }) => source.startsWith('docs/decisions/'));
  const generated = [
    ...filePages(),
    commandsPage(),
    { source: 'docs/decisions/index.md', markdown: decisionsPage(decisions) },
  ].map(({ source, markdown }) => makePage(source, markdown, true));
  const all = [...written, ...generated];
  return {
    all,
    bySource: new Map(all.map((page) => [page.source, page])),
    linkedFiles: new Set(),
    headings: new Map(),
    sections: [],
  };
}

function makePage(source: string, markdown: string, generated = false): Page {
  const heading = /^# (.+)$/m.exec(markdown)?.[1];
  if (heading === undefined) throw new Error(`${source} has no first heading`);
  return {
    source,
    target: targetOf(source),
    title: heading.replaceAll('`', ''),
    markdown,
    generated,
    cellAnchors: generated || WITH_CELL_ANCHORS.has(source),
  };
}

/** The project's README is the site's first page; that of `docs/` lists all others. */
function targetOf(source: string): string {
  if (source === 'README.md') return 'index.html';
  if (source === 'docs/README.md') return 'contents.html';
  return source
    .replace(/^docs\//, '')
    .replace(/^CHANGELOG/, 'changelog')
    .replace(/^SECURITY/, 'reporting')
    .replace(/\.md$/, '.html');
}

function decisionsPage(decisions: readonly Page[]): string {
  const links = decisions.map(({ source, title }) => `- [${title}](${basename(source)})`);
  return `# Decisions\n\nDecisions that cost thought: context, choice, and what would change it.\n\n${links.join('\n')}\n`;
}
