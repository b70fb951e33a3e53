import type { KeyExplanation } from './explain.js';

/** Keys as a Markdown table: way, meaning, and one example. */
export function keyTable(keys: readonly KeyExplanation[]): string {
  const rows = keys.map(({ path, required, description, examples }) => {
    const [example] = examples;
    const shown = example === undefined ? '' : `\`${inCell(JSON.stringify(example))}\``;
    const mark = required ? ' (required)' : '';
    return `| \`${path.replace(/\bvda\b/, 'vdX')}\`${mark} | ${inCell(description)} | ${shown} |`;
  });
  return ['| key | meaning | example |', '| --- | --- | --- |', ...rows].join('\n');
}

/** A bar would end the cell. */
const inCell = (text: string): string => text.replaceAll('|', '\\|');
