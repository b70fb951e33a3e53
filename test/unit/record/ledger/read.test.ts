import t from 'tap';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { readLedger } from '../../../../driver/record/ledger/read.js';
import { readHistory } from '../../../../driver/record/ledger/history.js';
import { MAX_LINE_BYTES, readLines } from '../../../../driver/record/ledger/split-lines.js';
import { line, PYTEST_LINES } from './fixtures.js';

const write = (t: { testdir: () => string }, text: string): string => {
  const file = path.join(t.testdir(), 'ledger.jsonl');
  writeFileSync(file, text);
  return file;
};

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

t.test('reads its own lines and those of a pytest harness', async (t) => {
  const file = write(t, `${JSON.stringify(line('r1'))}\n${PYTEST_LINES.join('\n')}\n`);
  const records = await all(readLedger(file));
  const runs = records.map((record) => (record.kind === 'run' ? record.run : undefined));
  t.match(runs[0], {
    line: 1,
    runId: 'r1',
    outcome: 'passed',
    args: ['run', '--image', 'debian'],
    ssh: { host: '127.0.0.1', port: 40022 },
    scenarios: [{ id: 'a', name: 'A', outcome: 'passed', seconds: 12.5, start: 'booted' }],
  });
  t.match(runs[1], {
    line: 2,
    runId: undefined,
    outcome: 'error',
    args: ['tests/vm/test_main.py', '-q'],
    scenarios: [],
    timeouts: { spawnSeconds: 900, loginSeconds: 300 },
    timings: { buildSeconds: 507.102, bootToSshSeconds: undefined, totalSeconds: 111.26 },
    diagnostics: [{ label: 'Serial log tail', path: '/srv/logs/serial-log-tail-05.log' }],
  });
  t.match(runs[3], {
    timestamp: undefined,
    ssh: { host: undefined, port: undefined },
    timings: { bootToLoginSeconds: 119.69 },
    sessionCeilingExceeded: true,
  });
});

t.test('a bad line is reported in its place, and the rest is read', async (t) => {
  const file = write(
    t,
    ['{"outcome":', '[1]', '', '  ', '{"scenarios":[1,{"name":3},{"name":"x"}]}', '{"ssh":7}'].join(
      '\n',
    ),
  );
  const records = await all(readLedger(file));
  t.match(records, [
    { kind: 'bad', line: 1, reason: /^not JSON: / },
    { kind: 'bad', line: 2, reason: 'not a JSON object' },
    { kind: 'run', run: { line: 5, scenarios: [{ name: 'x', outcome: undefined }] } },
    { kind: 'run', run: { line: 6, ssh: { host: undefined } } },
  ]);
});

t.test('lines end at a newline and nowhere else; an endless one is not kept', async (t) => {
  const separators = JSON.stringify({ outcome: 'passed', driver_args: ['a\u2028b\u2029c\u0085'] });
  const file = write(t, `${separators}\r\n${'x'.repeat(MAX_LINE_BYTES + 1)}\n{"outcome":"failed"}`);
  const records = await all(readLedger(file));
  t.match(records, [
    { kind: 'run', run: { args: ['a\u2028b\u2029c\u0085'] } },
    { kind: 'bad', line: 2, reason: /more than/ },
    { kind: 'run', run: { line: 3, outcome: 'failed' } },
  ]);
  t.equal(records.length, 3);
});

t.test('a character that lies on a chunk border stays whole', async (t) => {
  const long = `${'x'.repeat(256 * 1024 - 1)}é`;
  const lines = await all(readLines(write(t, `${long}\n€\n`)));
  t.strictSame(
    lines.map(({ text }) => text),
    [long, '€'],
  );
});

t.test('no ledger is an empty one', async (t) => {
  t.strictSame(await all(readLedger(path.join(t.testdir(), 'none'))), []);
});

t.test('history keeps the last passes of each scenario, told apart by id', async (t) => {
  const run = (id: string, outcome: string, seconds?: number): string =>
    JSON.stringify({ scenarios: [{ id, name: 'N', file: 'f.yaml', outcome, seconds }] });
  const lines = [
    ...[1, 2, 3, 4].map((seconds) => run('m[a=1]', 'passed', seconds)),
    run('m[a=2]', 'flaky', 50),
    run('m[a=1]', 'failed', 900),
    run('m[a=1]', 'passed'),
    run('m[a=1]', 'queued', 7),
    '{"scenarios":[{"name":"old","file":"f.yaml","outcome":"passed","seconds":9}]}',
    'torn {',
  ];
  const history = await readHistory(write(t, lines.join('\n')), 3);
  const passes = (id: string, name = 'N') => history.passes({ id, name, file: 'f.yaml' });
  t.strictSame(passes('m[a=1]'), [2, 3, 4]);
  t.strictSame(passes('m[a=2]'), [50]);
  t.strictSame(passes('new-id', 'old'), [9]);
  t.strictSame(history.passes({ id: 'm[a=1]', name: 'N', file: 'other.yaml' }), []);
  t.match(history.badLines, [{ line: 10 }]);
  t.strictSame((await readHistory(undefined)).passes({ id: 'x', name: 'x', file: 'x' }), []);
});
