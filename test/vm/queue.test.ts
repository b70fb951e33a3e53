// What a budget leaves on the queue is taken up by --resume: every scenario has one verdict,
// nothing is forgotten, and the exit codes say so.
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Place, type TapbootRun } from '../helpers/run-tapboot.js';

t.setTimeout(60 * 60_000);

/** Two timeouts of 30 minutes: 60 together, which is beyond the hard limit of a budget. */
const long = (name: string, steps: string, more = ''): string => `name: ${name}
machine: { memory: 512M, disks: { vda: 64M } }
${more}timeout: 30m
steps:
${steps}  - run: 'true'
`;
const FILES = {
  'short.yaml': long('Short', '').replace('30m', '20s'),
  'long.yaml': long('Long', "  - run: 'true'\n"),
  'saves.yaml': long('Saves', '  - checkpoint: here\n'),
  'starts.yaml': long('Starts', "  - run: 'true'\n", 'from: saves#here\n'),
  'fails.yaml': long('Fails', "  - run: 'false'\n"),
  'waits.yaml': long('Waits', '  - run: sleep 1000\n'),
};

interface Queue {
  queued: { id: string; projected_seconds: number; reason: string }[];
}

async function prepared(t: Test) {
  const place = await Place.make(t);
  for (const [name, text] of Object.entries(FILES)) {
    await writeFile(join(place.directory, name), text);
  }
  const file = join(place.directory, 'vm-run-queue.json');
  const queue = (): Queue['queued'] =>
    existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Queue).queued : [];
  return {
    place,
    queue,
    waiting: () => queue().map(({ id }) => id),
    start: (...args: string[]) =>
      place.start(['run', '--accel', 'tcg', ...args], { cwd: place.directory }),
  };
}

/** Scenarios of a run's ledger line, with their outcomes. */
const ran = ({ ledger }: TapbootRun): string[] =>
  (ledger.at(-1)?.scenarios ?? []).map(({ id, outcome }) => `${id ?? ''} ${outcome}`);

t.test('queued by a budget, and resumed', async (t) => {
  const { place, queue, waiting, start } = await prepared(t);
  const resume = async () => await start('--resume').end;

  const first = await start('--budget', '1', './short.yaml', './long.yaml').end;
  t.equal(first.code, 75, first.told);
  t.same(ran(first), ['short passed', 'long queued']);
  t.match(queue(), [{ id: 'long', projected_seconds: 3600, reason: /sum of its timeouts/ }]);
  t.match(first.stdout, /^ok 2 - Long # SKIP queued: projected at 60\.0 min/m, 'and it is said');

  const second = await resume();
  t.equal(second.code, 0, second.told);
  t.same(ran(second), ['long passed'], 'what has run is not run again');
  t.same(waiting(), [], 'nothing waits any more');

  const third = await start('--budget', '1', './short.yaml', './long.yaml').end;
  t.equal(third.code, 0, third.told);
  t.same(ran(third), ['short passed', 'long passed'], 'by now it is known how long it takes');

  // A chain of checkpoints waits as a whole; an unpassed scenario that failed has had its turn.
  const chain = await start(
    ...['--budget', '1', './short.yaml', './fails.yaml', './starts.yaml', './saves.yaml'],
  ).end;
  t.equal(chain.code, 75, chain.told);
  t.same(waiting(), ['fails', 'starts', 'saves']);
  const failed = await resume();
  t.equal(failed.code, 1, failed.told);
  t.same(ran(failed), ['fails failed', 'starts queued', 'saves queued']);
  t.same(waiting(), ['starts', 'saves']);

  await t.test('an interrupted scenario has had no verdict, and waits', async (t) => {
    const more = await start('--budget', '1', './short.yaml', './waits.yaml').end;
    t.equal(more.code, 75, more.told);
    // The head of the queue always runs: it is out of the way first.
    const saved = await resume();
    t.equal(saved.code, 75, saved.told);
    t.same(ran(saved), ['starts queued', 'saves passed', 'waits queued']);
    const started = await resume();
    t.equal(started.code, 75, started.told);
    t.same(ran(started), ['saves passed', 'starts passed', 'waits queued'], 'with its source');
    const going = start('--resume');
    await going.logged(/step waits#1 starts/);
    process.kill(going.pid, 'SIGINT');
    t.equal((await going.end).code, 4);
    t.same(waiting(), ['waits']);
  });

  const repeated = await start('--budget', '1', '--repeat', '2', './fails.yaml').end;
  t.equal(repeated.code, 1, repeated.told);
  t.same(waiting(), ['waits', 'fails#2']);
  await writeFile(join(place.directory, 'waits.yaml'), FILES['short.yaml']);
  const last = await start('--resume', '--budget', '70').end;
  t.equal(last.code, 1, last.told);
  t.same(ran(last), ['waits passed', 'fails#2 failed'], 'from the file as it is now');
  t.same(waiting(), []);

  const empty = await resume();
  t.equal(empty.code, 0, empty.told);
  t.match(
    empty.stdout,
    /^# info: nothing to resume: the queue is empty \(.*vm-run-queue\.json\)$/m,
  );
  const verdicts = empty.ledger.flatMap(({ scenarios }) => scenarios);
  t.equal(verdicts.filter(({ id, outcome }) => id === 'long' && outcome !== 'queued').length, 2);
  await place.expectNothingLeft(t);
});

t.test('a queue that cannot be run as it is', async (t) => {
  const { place, start } = await prepared(t);
  const item = { id: 'gone', name: 'Gone', file: 'gone.yaml', projected_seconds: 1, reason: 'x' };
  const queued = [{ ...item, queued_at: '2030-01-01T00:00:00.000Z', run_id: 'r' }];
  await writeFile(
    join(place.directory, 'vm-run-queue.json'),
    JSON.stringify({ version: 1, queued }),
  );
  const gone = await start('--resume').end;
  t.equal(gone.code, 2);
  t.match(gone.stderr, /'gone' is on the queue, but no longer exists \[TAPBOOT_E_QUEUE_STALE\]/);
  t.match(gone.stderr, /got: {6}no such file\n {2}next: .*vm-run-queue\.json/);
  const named = await start('--resume', './short.yaml').end;
  t.equal(named.code, 2);
  t.match(named.stderr, /--resume runs the queue, as it is.*got: {6}\.\/short\.yaml/s);
  t.equal(named.runDirectory, undefined, 'nothing was begun');
});
