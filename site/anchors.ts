import type { Heading, Page, Section } from './pages.js';
import { Slugs } from './slugs.js';
import { plainText, type Token } from './token.js';

/** What a walk over a page has found. */
export interface Anchored {
  /** Second-level headings. */
  headings: Heading[];
  /** All that has an anchor, with its text, for the search. */
  sections: Section[];
}

/**
 * Gives headings their anchors, and on pages that answer for each row also the code that a row
 * begins with: an error, a key, a flag.
 */
export function setAnchors(tokens: readonly Token[], page: Page): Anchored {
  const slugs = new Slugs();
  const headings: Heading[] = [];
  const sections: Section[] = [];
  const begin = (heading: string, anchor: string): Section => {
    const url = anchor === '' ? page.target : `${page.target}#${anchor}`;
    const section = { url, page: page.title, heading, text: '' };
    sections.push(section);
    return section;
  };
  let heading: { id: string; section: Section } | undefined;
  let row: Section | undefined;
  let cells = 0;
  for (const [index, token] of tokens.entries()) {
    const next = tokens[index + 1];
    if (token.type === 'heading_open' && next !== undefined) {
      const text = plainText(next);
      const id = slugs.take(text);
      token.attrSet('id', id);
      heading = { id, section: begin(text, token.tag === 'h1' ? '' : id) };
      if (token.tag === 'h2') headings.push({ id, text });
    } else if (token.type === 'tr_open') cells = 0;
    else if (token.type === 'tr_close') row = undefined;
    else if (token.type === 'td_open' && next !== undefined) {
      cells += 1;
      const code = next.children?.[0];
      if (cells === 1 && page.cellAnchors && code?.type === 'code_inline') {
        const id = nameOf(code.content, heading?.id ?? '', slugs);
        code.attrSet('id', id);
        row = begin(code.content, id);
      }
    } else if (token.type === 'inline' || token.type === 'fence') {
      const section = row ?? heading?.section;
      const isTitle = tokens[index - 1]?.type === 'heading_open';
      if (section !== undefined && !isTitle) section.text += ` ${plainText(token)}`;
    }
  }
  return { headings, sections };
}

/** `TAPBOOT_E_USAGE`, `machine.memory`, `tapboot-run--image`. */
function nameOf(code: string, section: string, slugs: Slugs): string {
  const flag = /--[\w-]+/.exec(code)?.[0];
  const name = (code.split(' ')[0] ?? '').replace(/[^\w.-]/g, '');
  return slugs.takeName(flag === undefined ? name : section + flag, section);
}
