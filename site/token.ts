import type MarkdownIt from 'markdown-it';

/** A piece of Markdown as markdown-it has it. */
export type Token = ReturnType<MarkdownIt['parse']>[number];

/** Its text, without markup. */
export function plainText(token: Token): string {
  if (token.children === null || token.children.length === 0) return token.content;
  return token.children.map(({ type, content }) => (type === 'softbreak' ? ' ' : content)).join('');
}
