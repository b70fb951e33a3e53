import type MarkdownIt from 'markdown-it';
import { setAnchors } from './anchors.js';
import { rewriteLinks } from './links.js';
import type { Page, Pages } from './pages.js';
import { escapeHtml } from '../driver/report/html/escape.js';

/** Makes Markdown what these pages need: anchors, links within the site, error codes that lead somewhere. */
export function amendMarkdown(md: MarkdownIt, root: string, pages: Pages): void {
  // `<name>` in a text is meant as it stands.
  md.set({ html: false });
  md.core.ruler.push('site', ({ tokens, env }) => {
    const page = pageOfEnvironment(env, pages);
    const { headings, sections } = setAnchors(tokens, page);
    pages.headings.set(page.target, headings);
    pages.sections.push(...sections);
    for (const token of tokens) {
      if (token.type === 'inline') rewriteLinks(token, page, root, pages);
    }
  });
  setRules(md);
}

/** Eleventy hands a page's data over with its text. */
function pageOfEnvironment(environment: unknown, pages: Pages): Page {
  const { target } = environment as { target: string };
  const page = pages.all.find((candidate) => candidate.target === target);
  if (page === undefined) throw new Error(`no page ${target}`);
  return page;
}

/** What HTML comes of them. */
function setRules(md: MarkdownIt): void {
  const { rules: known } = md.renderer;
  // Wide ones scroll by themselves; a keyboard reaches what scrolls.
  known['table_open'] = () =>
    '<div class="wide" tabindex="0" role="group" aria-label="Table"><table>\n';
  known['table_close'] = () => '</table></div>\n';
  known['th_open'] = () => '<th scope="col">';
  known['code_inline'] = (tokens, index) => {
    const token = tokens[index];
    if (token === undefined) return '';
    const id = token.attrGet('id');
    const attribute = id === null ? '' : ` id="${escapeHtml(id)}"`;
    const code = `<code${attribute}>${breakable(escapeHtml(token.content))}</code>`;
    if (id !== null) return `<a class="self" href="#${escapeHtml(id)}">${code}</a>`;
    const meta = token.meta as { href?: string } | null;
    return meta?.href === undefined ? code : `<a href="${escapeHtml(meta.href)}">${code}</a>`;
  };
  known['fence'] = (tokens, index) => {
    const token = tokens[index];
    if (token === undefined) return '';
    const language = token.info.trim();
    const lines = escapeHtml(token.content);
    // The prompt is shown, and not copied.
    const shown =
      language === 'console' ? lines.replace(/^\$ /gm, '<span class="prompt">$ </span>') : lines;
    const label = language === '' ? 'Example' : `Example, ${language}`;
    return `<pre tabindex="0" role="group" aria-label="${escapeHtml(label)}"><code>${shown}</code></pre>\n`;
  };
}

/** Long names may break behind an underscore or a dot. */
const breakable = (html: string): string => html.replace(/[_.](?=[A-Za-z])/g, '$&<wbr>');
