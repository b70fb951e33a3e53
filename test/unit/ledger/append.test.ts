import t from 'tap';
import { execa } from 'execa';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import ts from 'typescript';
import { appendToLedger, settleLedger } from '../../../driver/ledger/append.js';
import type { LedgerLine } from '../../../driver/ledger/ledger-schema.js';
import { containsRun, ledgerEnd } from '../../../driver/ledger/ledger-tail.js';
import { line } from './fixtures.js';

const ids = (ledger: string): string[] =>
  readFileSync(ledger, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((text) => (JSON.parse(text) as LedgerLine).run_id);

const leftovers = (ledger: string): string[] =>
  readdirSync(path.dirname(ledger)).filter((name) => name.includes('.pending-'));

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

/**
 * Plain JavaScript of the appender and what it imports: starting a hundred processes
 * through a loader would take most of the test's time.
 */
const compiled = t.testdir();
for (const folder of ['driver', 'driver/ledger', 'test/unit/ledger']) {
  const source = path.join(import.meta.dirname, '../../..', folder);
  mkdirSync(path.join(compiled, folder), { recursive: true });
  for (const name of readdirSync(source)) {
    if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
    const { outputText } = ts.transpileModule(readFileSync(path.join(source, name), 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    });
    writeFileSync(path.join(compiled, folder, name.replace(/\.ts$/, '.js')), outputText);
  }
}
writeFileSync(path.join(compiled, 'package.json'), '{"type":"module"}');
const APPENDER = path.join(compiled, 'test/unit/ledger/appender.js');

const start = (ledger: string, prefix: string, count: number) =>
  execa('node', [APPENDER, ledger, prefix, String(count)], { reject: false, lines: true });

t.test('many at once: each line whole, each once', async (t) => {
  const ledger = path.join(t.testdir(), 'ledger.jsonl');
  const results = await Promise.all([...'abcdef'].map((prefix) => start(ledger, prefix, 8)));
  const acknowledged = results.flatMap(({ stdout }) => stdout);
  t.equal(acknowledged.length, 48);
  t.strictSame([...ids(ledger)].sort(), [...acknowledged].sort());
  t.strictSame(leftovers(ledger), []);
});

t.test('killed at any moment, a hundred times', async (t) => {
  const ledger = path.join(t.testdir(), 'ledger.jsonl');
  const acknowledged: string[] = [];
  let kills = 0;
  const worker = async (lane: number): Promise<void> => {
    for (let round = 0; round < 25; round++) {
      const child = start(ledger, `${String(lane)}.${String(round)}`, 1_000_000);
      await Promise.race([once(child.stdout), child]);
      // The first line is out: from here on it is killed in the midst of its work.
      await sleep(Math.random() * 60);
      child.kill('SIGKILL');
      const { stdout, signal } = await child;
      if (signal === 'SIGKILL') kills++;
      acknowledged.push(...stdout.filter((id) => /^\d+\.\d+-\d+$/.test(id)));
    }
  };
  await Promise.all([0, 1, 2, 3].map(worker));
  await settleLedger(ledger);
  t.equal(kills, 100);
  const recorded = ids(ledger);
  t.equal(new Set(recorded).size, recorded.length, 'none twice');
  t.strictSame(
    acknowledged.filter((id) => !recorded.includes(id)),
    [],
    'none lost',
  );
  t.ok(acknowledged.length >= 100);
  t.strictSame(
    leftovers(ledger).filter((name) => !name.includes('.tmp-')),
    [],
  );
});

function once(stream: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve) => stream.once('data', () => resolve()));
}
