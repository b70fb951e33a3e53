import t from 'tap';
import {
  breakEven,
  fastest,
  type FormatVerdict,
} from '../../../../driver/machine/snapshot/ram-format.js';

const verdict = (forms: FormatVerdict['forms']): FormatVerdict => ({
  measuredAt: '2026-01-01T00:00:00.000Z',
  qemu: 'QEMU',
  failed: [],
  forms,
});

const all = verdict({
  stream: { restore: 0.5, convert: 0 },
  'mapped-ram': { restore: 0.45, convert: 1 },
  'shared-ram': { restore: 0.25, convert: 2 },
});

t.test('the fastest of what was measured; the stream where there is nothing else', (t) => {
  t.equal(fastest(all), 'shared-ram');
  t.equal(
    fastest(verdict({ ...all.forms, 'mapped-ram': { restore: 0.1, convert: 9 } })),
    'mapped-ram',
  );
  t.equal(fastest(verdict({ stream: { restore: 9, convert: 0 } })), 'stream');
  t.equal(fastest(verdict({})), 'stream');
  const even = { restore: 0.5, convert: 0 };
  t.equal(fastest(verdict({ stream: even, 'shared-ram': even })), 'stream', 'for nothing, nothing');
  t.end();
});

t.test('a conversion pays after as many restores as it takes to earn it', (t) => {
  t.equal(breakEven(all, 'shared-ram'), 8);
  t.equal(Math.round(breakEven(all, 'mapped-ram')), 20);
  t.equal(breakEven(all, 'stream'), Infinity, 'what gains nothing never pays');
  t.equal(breakEven(verdict({ stream: { restore: 1, convert: 0 } }), 'shared-ram'), Infinity);
  t.end();
});
