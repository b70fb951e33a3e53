import { h } from './dom.js';
import type { Replay } from './replay.js';
import { lineText } from './terminal.js';
import { clock, counted } from './words.js';

const MOST_HITS = 100;

/**
 * A search field over a whole console.
 * @param found goes to a place
 */
export function consoleSearch(
  replay: Replay,
  found: (time: number, text: string) => void,
): HTMLElement {
  const read = async (): Promise<{ text: string; lower: string; at: number }[]> =>
    (await replay.lines()).map((line) => {
      const text = lineText(line);
      return { text, lower: text.toLowerCase(), at: line.at };
    });
  let reading: ReturnType<typeof read> | undefined;
  const list = h('ol', { class: 'hits' });
  const told = h('p', { class: 'quiet', 'aria-live': 'polite' });
  let timer: number | undefined;
  const look = async (): Promise<void> => {
    reading ??= read();
    const lines = await reading;
    const wanted = input.value.toLowerCase();
    const hits = wanted === '' ? [] : lines.filter(({ lower }) => lower.includes(wanted));
    const more = hits.length > MOST_HITS ? `, the first ${MOST_HITS} are listed` : '';
    told.textContent = wanted === '' ? '' : `${counted(hits.length, 'line')}${more}`;
    list.replaceChildren(
      ...hits.slice(0, MOST_HITS).map(({ text, lower, at }) => {
        const from = lower.indexOf(wanted);
        const start = Math.max(0, from - 40);
        return h(
          'li',
          {},
          h(
            'button',
            { type: 'button', click: () => found(at, wanted) },
            h('span', { class: 'took' }, clock(at)),
            ` ${start > 0 ? '…' : ''}${text.slice(start, from)}`,
            h('mark', {}, text.slice(from, from + wanted.length)),
            text.slice(from + wanted.length, from + 120),
          ),
        );
      }),
    );
  };
  const input = h('input', {
    type: 'search',
    placeholder: 'Search this console',
    'aria-label': 'Search this console',
    input: () => {
      clearTimeout(timer);
      timer = setTimeout(() => void look(), 150);
    },
  });
  return h('div', { class: 'console-search' }, input, told, list);
}
