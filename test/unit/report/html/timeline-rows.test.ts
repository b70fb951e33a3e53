import t from 'tap';
import { rowsOf } from '../../../../driver/report/html/client/timeline-rows.js';
import type { ReportSpan } from '../../../../driver/report/html/report-data.js';

const phase = (text: string, startedAt: number, endedAt: number): ReportSpan => ({
  lane: 'run',
  row: 'phase',
  kind: 'build',
  text,
  startedAt,
  endedAt,
});

t.test('phases that go on side by side have rows of their own', async (t) => {
  const rows = rowsOf([
    phase('image', 0, 30),
    phase('trying KVM', 8, 28),
    phase('later', 30, 40),
    phase('the same time', 30, 35),
  ]);
  t.strictSame(
    rows.map(({ label, spans }) => [label, ...spans.map(({ text }) => text)]),
    [
      ['Set-up', 'image', 'later'],
      ['', 'trying KVM', 'the same time'],
    ],
  );
  const [first, second] = rows;
  t.ok((second?.top ?? 0) >= (first?.top ?? 0) + (first?.height ?? 0), 'one below the other');
});
