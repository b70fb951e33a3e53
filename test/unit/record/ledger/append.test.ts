import t from 'tap';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { appendToLedger, settleLedger } from '../../../../driver/record/ledger/append.js';
import { containsRun, ledgerEnd } from '../../../../driver/record/ledger/ledger-tail.js';
import { line } from './fixtures.js';
import { ids, killedAtAnyMoment, leftovers, startAppender } from './killed-appenders.js';

t.setTimeout(300_000);

t.test('one line a run: sorted keys, one newline, nothing left beside it', async (t) => {
  const ledger = path.join(t.testdir(), 'deep', 'er', 'ledger.jsonl');
  const repairs = await appendToLedger(ledger, line('one'));
  await appendToLedger(ledger, line('two', { ssh: undefined }));
  t.strictSame(repairs, { said: [], appended: ['one'] });
  const text = readFileSync(ledger, 'utf8');
  t.strictSame(ids(ledger), ['one', 'two']);
  const keys = Object.keys(JSON.parse(text.split('\n')[0] ?? '') as object);
  t.strictSame(keys, [...keys].sort());
  t.notOk((text.split('\n')[1] ?? '').includes('"ssh"'));
  t.strictSame(leftovers(ledger), []);
});

t.test('the same run is recorded once', async (t) => {
  const ledger = path.join(t.testdir(), 'ledger.jsonl');
  await appendToLedger(ledger, line('before'));
  const offset = ledgerEnd(ledger);
  await appendToLedger(ledger, line('run'), offset);
  await appendToLedger(ledger, line('another'));
  const again = await appendToLedger(ledger, line('run', { outcome: 'error' }), offset);
  t.strictSame(again.appended, []);
  t.strictSame(ids(ledger), ['before', 'run', 'another']);
});

t.test('a torn last line is set aside and said; whole JSON gets its newline', async (t) => {
  const ledger = path.join(t.testdir(), 'ledger.jsonl');
  await appendToLedger(ledger, line('one'));
  appendFileSync(ledger, '{"run_id":"half","outc');
  const repairs = await appendToLedger(ledger, line('two'));
  t.match(repairs.said, [/torn last line of 22 bytes was moved to .*\.torn$/]);
  t.strictSame(ids(ledger), ['one', 'two']);
  t.equal(readFileSync(`${ledger}.torn`, 'utf8'), '{"run_id":"half","outc\n');
  appendFileSync(ledger, '{"run_id":"by hand"}');
  t.match((await settleLedger(ledger)).said, [/lacked its newline/]);
  t.strictSame(ids(ledger), ['one', 'two', 'by hand']);
  t.strictSame(await settleLedger(ledger), { said: [], appended: [] });
});

t.test('what a killed driver left in a pending file is brought in, and once', async (t) => {
  const ledger = path.join(t.testdir(), 'ledger.jsonl');
  const pending = (runId: string): void => {
    const text = JSON.stringify({ offset: 0, runId, line: JSON.stringify(line(runId)) });
    writeFileSync(`${ledger}.pending-1-${runId}.json`, text);
  };
  pending('lost');
  t.strictSame((await settleLedger(ledger)).appended, ['lost'], 'killed before the append');
  pending('lost');
  t.strictSame((await settleLedger(ledger)).appended, [], 'killed after it');
  t.strictSame(ids(ledger), ['lost']);
  writeFileSync(`${ledger}.pending-2-x.json`, '{"offset":0,');
  const { said } = await appendToLedger(ledger, line('next'));
  t.match(said, [/pending-2-x\.json is damaged and was left alone/]);
  t.ok(existsSync(`${ledger}.pending-2-x.json`), 'nobody throws away what nobody can read');
});

t.test('a line is found across chunk borders, and in a ledger that was replaced', async (t) => {
  const ledger = path.join(t.testdir(), 'ledger.jsonl');
  const needle = '"run_id":"needle"';
  for (const before of [64 * 1024 - 5, 64 * 1024, 64 * 1024 - needle.length, 3]) {
    writeFileSync(ledger, `${'x'.repeat(before)}${needle}\n`);
    t.equal(containsRun(ledger, 'needle', 0), true, `behind ${String(before)} bytes`);
  }
  t.equal(containsRun(ledger, 'needle', 1e9), true, 'an offset beyond the end');
  t.equal(containsRun(ledger, 'needl', 0), false);
  t.equal(containsRun(`${ledger}.none`, 'needle', 0), false);
});

t.test('a place that cannot be written to is an infrastructure failure', async (t) => {
  const directory = t.testdir({ file: '' });
  await t.rejects(appendToLedger(path.join(directory, 'file', 'ledger.jsonl'), line('x')), {
    code: 'TAPBOOT_E_RECORD_WRITE',
    failureClass: 'infra',
  });
  mkdirSync(path.join(directory, 'ledger.jsonl'));
  await t.rejects(appendToLedger(path.join(directory, 'ledger.jsonl'), line('x')));
});

t.test('many at once: each line whole, each once', async (t) => {
  const ledger = path.join(t.testdir(), 'ledger.jsonl');
  const results = await Promise.all(
    [...'abcdef'].map((prefix) => startAppender(ledger, prefix, 8)),
  );
  const acknowledged = results.flatMap(({ stdout }) => stdout);
  t.equal(acknowledged.length, 48);
  t.strictSame([...ids(ledger)].sort(), [...acknowledged].sort());
  t.strictSame(leftovers(ledger), []);
});

t.test('killed at any moment', async (t) => {
  await killedAtAnyMoment(t, path.join(t.testdir(), 'ledger.jsonl'), 3);
});
