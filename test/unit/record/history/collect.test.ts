import { readPageAssets } from '../../../../driver/report/html/assets.js';
import { createWriteStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import type { LedgerLine } from '../../../../driver/record/ledger/ledger-schema.js';
import { collectPast } from '../../../../driver/record/history/collect.js';
import { historyHtml } from '../../../../driver/report/history/html.js';
import type { HistorySummary } from '../../../../driver/record/history/history-data.js';
import { summarise } from '../../../../driver/record/history/summary.js';
import { historyText, sparkline } from '../../../../driver/report/history/text.js';
import { line, PYTEST_LINES } from '../ledger/fixtures.js';

type Scenario = LedgerLine['scenarios'][number];

const at = (run: number): string => new Date(Date.UTC(2030, 0, 1) + run * 86_400_000).toISOString();

/** The line of the `run`th run of a day each. */
const past = (
  run: number,
  scenarios: Partial<Scenario>[],
  change: Partial<LedgerLine> = {},
): string =>
  JSON.stringify(
    line(`id${String(run)}`, {
      timestamp: at(run),
      metadata: `notes/run${String(run)}-vm-run/logs/metadata.json`,
      scenarios: scenarios.map((one) => ({
        id: 's',
        name: 'S',
        file: 's.yaml',
        outcome: 'passed',
        seconds: 10,
        start: 'booted',
        ...one,
      })),
      ...change,
    }),
  );

async function read(t: Test, lines: readonly string[], since?: string): Promise<HistorySummary> {
  const file = join(t.testdir({ 'l.jsonl': lines.map((one) => `${one}\n`).join('') }), 'l.jsonl');
  return summarise(await collectPast(file, { since }), file);
}

t.test('rates: a flaky pass is no pass; what has no verdict does not count', async (t) => {
  const outcomes = [
    'passed',
    'passed',
    'flaky',
    'failed',
    'known',
    'queued',
    'interrupted',
  ] as const;
  const summary = await read(
    t,
    outcomes.map((outcome, run) =>
      past(run, [{ outcome, class: outcome === 'failed' ? 'guest-dead' : undefined }]),
    ),
  );
  t.match(summary.scenarios, [
    {
      id: 's',
      verdicts: 5,
      passRate: 0.4,
      flakeRate: 0.2,
      failures: { 'guest-dead': 1 },
      count: 3,
    },
  ]);
  t.equal(summary.runs, 7);
});

t.test(
  'repetitions of one run are one scenario; pass and failure in one run is a flake',
  async (t) => {
    const summary = await read(t, [
      past(0, [{}, { id: 's#2', outcome: 'failed', class: 'product' }, { id: 's#3' }]),
      past(1, [{ outcome: 'failed', class: 'product' }]),
    ]);
    t.equal(summary.scenarios.length, 1);
    t.match(summary.scenarios[0], { verdicts: 4, passRate: 0.5, flakeRate: 0.25 });
  },
);

t.test('regressions are named with the run since which they are', async (t) => {
  const lines = Array.from({ length: 60 }, (_, run) =>
    past(run, [{ seconds: run < 40 ? 10 + (run % 4) / 10 : 13.8 + (run % 4) / 10 }], {
      timings: { boot_to_ssh_seconds: (run < 50 ? 6 : 8.28) + (run % 3) / 100, total_seconds: run },
    }),
  );
  const summary = await read(t, lines);
  const texts = summary.regressions.map(({ text }) => text);
  t.match(
    texts.find((text) => text.startsWith('boot_to_ssh')),
    /up 38 % since run50-vm-run \(2030-02-20\)/,
  );
  t.match(
    texts.find((text) => text.startsWith('s, booted')),
    /up 3[78] % since run40-vm-run/,
  );
  t.equal(texts.length, 2, 'a run’s total depends on what was asked of it');
  t.ok(Math.abs(summary.scenarios[0]?.trend ?? 1) < 0.02, 'the trend is of the last runs alone');
});

t.test(
  'a restored machine after booted ones is no speed-up, and back again no regression',
  async (t) => {
    const lines = Array.from({ length: 60 }, (_, run) =>
      past(run, [run < 30 ? { start: 'restored', seconds: 2 } : { start: 'booted', seconds: 20 }]),
    );
    t.same((await read(t, lines)).regressions, []);
  },
);

t.test('a pass rate that fell', async (t) => {
  const lines = Array.from({ length: 40 }, (_, run) =>
    past(run, [{ outcome: run < 20 || run % 3 === 0 ? 'passed' : 'failed' }]),
  );
  t.match((await read(t, lines)).regressions, [
    { kind: 'fails more', before: 1, text: /^s passes \d+ % since run\d+-vm-run/ },
  ]);
});

t.test('ledgers from before, damaged lines, other configurations', async (t) => {
  const old = await read(t, PYTEST_LINES);
  t.match(old, { runs: 3, outcomes: { error: 2, failed: 1 }, scenarios: [] });
  t.match(
    old.metrics.find(({ metric }) => metric === 'build'),
    { count: 3, median: 507.102 },
  );
  t.match(historyText(old, 80), /^build +3 +8 min 27 s/m);
  const mixed = await read(t, [
    'not json',
    past(0, [], { driver_args: ['run', '--image', 'debian:iso'] }),
    past(1, [], {
      driver_args: ['run', '--image=nix'],
      qemu: { command: ['q', '-accel', 'kvm'], version: '' },
    }),
  ]);
  t.same(
    mixed.metrics.map(({ configuration }) => configuration),
    ['debian:iso', 'nix, kvm'],
  );
  t.match(mixed.badLines, { count: 1, examples: [{ line: 1, reason: /not JSON/ }] });
  t.match(historyText(mixed, 80), /1 lines cannot be read/);
});

t.test('only runs since a day; no ledger is an empty past', async (t) => {
  const lines = [past(0, [{}]), past(10, [{}])];
  t.equal((await read(t, lines, '2030-01-05')).runs, 1);
  const none = summarise(await collectPast('/does/not/exist.jsonl'), 'x');
  t.match(historyText(none, 80), 'no run in x');
});

t.test('no line of the table is wider than the terminal', async (t) => {
  const lines = Array.from({ length: 25 }, (_, run) =>
    past(run, [{ id: 'x'.repeat(70), seconds: 100 + run }]),
  );
  const text = historyText(await read(t, lines), 80);
  for (const one of text.split('\n')) t.ok([...one].length <= 80, one);
  t.match(text, /…/);
});

t.test('sparklines', async (t) => {
  t.equal(sparkline([1, 2, 3, 4, 5, 6, 7, 8]), '▁▂▃▄▅▆▇█');
  t.equal(sparkline([3, 3]), '▄▄');
  t.equal(sparkline([]), '');
});

t.test('the page needs nothing else, and its data cannot leave their place', async (t) => {
  const lines = Array.from({ length: 5 }, (_, run) =>
    past(run, [{ id: '</script><script>alert(1)' }]),
  );
  const assets = await readPageAssets(join(import.meta.dirname, '../../../..'), 'history');
  const page = historyHtml(await read(t, lines), assets);
  t.notMatch(page, /<(?:script|link|img)[^>]*(?:src|href)=/);
  t.notMatch(page, '<script>alert');
  const data = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)?.[1];
  t.match(JSON.parse(data ?? '') as object, { scenarios: [{ id: '</script><script>alert(1)' }] });
  t.match(page, '.uplot', 'the library is in it');
});

t.test('memory stays small however long the ledger is', async (t) => {
  const directory = t.testdir({});
  const file = join(directory, 'long.jsonl');
  const stream = createWriteStream(file);
  for (let run = 0; run < 6000; run++) {
    const scenarios = ['a', 'b', 'c'].map((id) => ({ id, seconds: 5 + (run % 10) }));
    if (!stream.write(`${past(run, scenarios)}\n`)) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'finish');
  const script = join(directory, 'read.mts');
  const collect = join(import.meta.dirname, '../../../../driver/record/history/collect.ts');
  writeFileSync(
    script,
    `import { collectPast } from ${JSON.stringify(collect)};
     const past = await collectPast(${JSON.stringify(file)});
     console.log(past.runs);`,
  );
  // The file has more than 55 MB.
  const { stdout } = await execa('node', ['--max-old-space-size=48', '--import', 'tsx', script], {
    cwd: join(import.meta.dirname, '../../../..'),
  });
  t.equal(stdout, '6000');
});
