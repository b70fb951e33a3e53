import t from 'tap';
import { execa } from 'execa';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { QueueItem } from '../../../../driver/record/ledger/queue.js';
import { readQueue, settleQueue } from '../../../../driver/record/ledger/queue.js';

const item = (id: string, file = `${id}.yaml`): QueueItem => ({
  id,
  name: id,
  file,
  projected_seconds: 60,
  reason: 'too long',
  run_id: 'r',
  queued_at: '2026-01-02T03:04:05.000Z',
});
const names = (items: QueueItem[]): string => items.map(({ id }) => id).join('');

t.test('what is queued waits in order until it has run', async (t) => {
  const file = path.join(t.testdir(), 'notes', 'vm-run-queue.json');
  t.strictSame(readQueue(file), []);
  t.equal(names(await settleQueue(file, { ran: [], queued: [item('a'), item('b')] })), 'ab');
  await settleQueue(file, { ran: [], queued: [item('b'), item('c')] });
  t.equal(names(readQueue(file)), 'abc', 'nothing waits twice, nor loses its place');
  await settleQueue(file, { ran: [item('a'), item('c', 'elsewhere.yaml')], queued: [] });
  t.equal(names(readQueue(file)), 'bc');
  t.match(readFileSync(file, 'utf8'), /^\{\n {2}"queued": \[/);
});

t.test('several at once lose nothing', async (t) => {
  const file = path.join(t.testdir(), 'vm-run-queue.json');
  await Promise.all(
    [...'abcdefgh'].map((id) => settleQueue(file, { ran: [], queued: [item(id)] })),
  );
  t.equal([...names(readQueue(file))].sort().join(''), 'abcdefgh');
});

t.test('several processes at once lose nothing', async (t) => {
  const file = path.join(t.testdir(), 'vm-run-queue.json');
  const module = path.join(import.meta.dirname, '../../../../driver/record/ledger/queue.ts');
  const program = `import { settleQueue } from ${JSON.stringify(module)};
    for (const item of JSON.parse(process.argv[1])) await settleQueue(${JSON.stringify(file)}, { ran: [], queued: [item] });`;
  const lanes = [...'abcd'].map((lane) =>
    [1, 2, 3, 4, 5, 6].map((n) => item(`${lane}${String(n)}`)),
  );
  await Promise.all(
    lanes.map((items) =>
      execa('node', [
        '--import',
        'tsx',
        '--input-type=module',
        '-e',
        program,
        JSON.stringify(items),
      ]),
    ),
  );
  t.strictSame(
    readQueue(file)
      .map(({ id }) => id)
      .sort(),
    lanes.flatMap((items) => items.map(({ id }) => id)),
  );
});

t.test('a damaged queue is an error, not an empty one', async (t) => {
  const file = path.join(t.testdir(), 'vm-run-queue.json');
  for (const text of ['{', '{"version":2,"queued":[]}', '{"version":1,"queued":[{"id":1}]}']) {
    writeFileSync(file, text);
    t.throws(() => readQueue(file), { code: 'TAPBOOT_E_QUEUE_DAMAGED', failureClass: 'infra' });
    await t.rejects(settleQueue(file, { ran: [], queued: [item('a')] }));
    t.equal(readFileSync(file, 'utf8'), text, 'and stays as it was');
  }
});
