import t from 'tap';
import { OutputBudget, shorten } from '../../../../driver/report/html/shorten.js';
import { command } from '../../../report/sample-run.js';

t.test('head and tail stay', (t) => {
  t.same(shorten('short', 100), { text: 'short', omitted: 0 });
  const long = Array.from({ length: 1000 }, (_, at) => `line ${String(at)}`).join('\n');
  const { text, omitted } = shorten(long, 400);
  t.match(text, /^line 0\n/);
  t.match(text, /line 999$/);
  t.ok(text.length < 500);
  t.equal(text.match(/… (\d+) characters left out …/)?.[1], String(omitted));
  t.end();
});

t.test('once a page is full, failed steps still have their output', (t) => {
  const budget = new OutputBudget();
  const record = command('yes', { stdout: 'y\n'.repeat(24 * 1024) });
  for (let at = 0; at < 600; at++) budget.command(record, false);
  t.ok(budget.command(record, false).stdout.length < 2000);
  t.equal(budget.command(record, true).stdout.length, 48 * 1024);
  t.end();
});
