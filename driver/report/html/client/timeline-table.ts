import type { ReportSpan } from '../report-data.js';
import { h } from './dom.js';
import { colourOf } from './timeline-rows.js';
import { clock, took } from './words.js';

/** What the colours mean. */
export function timelineLegend(spans: readonly ReportSpan[]): HTMLElement {
  const kinds = [...new Set(spans.map(colourOf))];
  return h(
    'p',
    { class: 'legend' },
    ...kinds.map((name) => {
      const key = h(
        'span',
        { class: 'key' },
        name.replace(/^--(phase-)?/, '').replaceAll('-', ' '),
      );
      key.style.setProperty('--key', `var(${name})`);
      return key;
    }),
  );
}

/** The timeline in words; steps stand in the list of scenarios. */
export function timelineTable(spans: readonly ReportSpan[], start: number): HTMLElement {
  const body = h('tbody');
  return h(
    'details',
    {
      toggle: () => {
        if (body.childElementCount > 0) return;
        for (const span of spans) {
          if (span.row === 'step') continue;
          body.append(
            h(
              'tr',
              {},
              h('td', { class: 'number' }, clock((span.startedAt - start) / 1000)),
              h('td', { class: 'number' }, took(span.endedAt - span.startedAt)),
              h('td', {}, span.kind),
              h('td', {}, span.text),
              h('td', {}, span.outcome ?? ''),
            ),
          );
        }
      },
    },
    h('summary', {}, 'Timeline as a table'),
    h(
      'div',
      { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': 'Timeline as a table' },
      h(
        'table',
        {},
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            ...['Start', 'Took', 'Kind', 'What', 'Outcome'].map((name) =>
              h('th', { scope: 'col' }, name),
            ),
          ),
        ),
        body,
      ),
    ),
  );
}
