import type { Mismatch } from '../../../events/events.js';
import { h } from './dom.js';

/** Control characters made visible: in a comparison they may be all the difference. */
const visible = (text: string): string =>
  text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, (character) =>
    character === '\r' ? '␍' : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );

/** @param diff unified */
function diffBlock(diff: string): HTMLElement {
  const lines = visible(diff).replace(/\n$/, '').split('\n');
  return h(
    'pre',
    { class: 'diff', tabindex: 0, role: 'group', 'aria-label': 'Difference' },
    ...lines.map((line) => {
      const tag = line.startsWith('+') ? 'ins' : line.startsWith('-') ? 'del' : 'span';
      return h(tag, { class: line.startsWith('@@') ? 'hunk' : undefined }, `${line}\n`);
    }),
  );
}

/** What was expected and what there was. */
export function mismatchBlock({ what, expected, got, diff }: Mismatch): HTMLElement {
  const pre = (text: string): HTMLElement =>
    text === '' ? h('p', { class: 'quiet' }, 'nothing') : h('pre', { tabindex: 0 }, visible(text));
  return h(
    'div',
    { class: 'mismatch' },
    h('p', {}, what),
    diff === undefined
      ? h(
          'dl',
          {},
          h('dt', {}, 'expected'),
          h('dd', {}, pre(expected)),
          h('dt', {}, 'got'),
          h('dd', {}, pre(got)),
        )
      : diffBlock(diff),
  );
}
