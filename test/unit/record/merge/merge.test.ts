import { appendFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { RunEvent } from '../../../../driver/events/events.js';
import { findShards } from '../../../../driver/record/merge/find-shards.js';
import { mergeEvents } from '../../../../driver/record/merge/merge-events.js';
import { labelled, readShard, type Shard } from '../../../../driver/record/merge/shard.js';
import { EventsFile } from '../../../../driver/record/events-file.js';
import { FAILURE, scenario, Script, steps } from '../../report/streams.js';

const S = { a: scenario('a'), b: scenario('b'), c: scenario('c') };

/** A run directory with the events of a run in it. */
async function run(
  directory: string,
  tell: (script: Script) => Promise<void>,
  start: { at?: number; home?: string } = {},
): Promise<string> {
  mkdirSync(join(directory, 'logs'), { recursive: true });
  const file = new EventsFile(join(directory, 'logs/events.jsonl'));
  const { at = 0, home = directory } = start;
  const script = new Script({
    handle: (event) => {
      const moved = { ...event, at: event.at + at };
      file.handle(moved.type === 'run:start' ? { ...moved, run: 'r', directory: home } : moved);
    },
    close: () => file.close(),
  });
  await tell(script);
  return directory;
}

function passes(script: Script, ref: (typeof S)['a']): void {
  const list = steps('one');
  script.start(ref, list);
  script.step(ref, list[0]!);
  script.end(ref, 'passed');
}

async function shardsOf(...paths: string[]): Promise<Shard[]> {
  const shards: Shard[] = [];
  for (const place of findShards(paths)) shards.push(await readShard(place));
  return labelled(shards);
}

async function merged(...paths: string[]): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  const sink = { handle: (event: RunEvent) => events.push(event) };
  await mergeEvents(await shardsOf(...paths), sink, {
    command: ['tapboot', 'merge'],
    version: '1',
  });
  return events;
}

const ends = (events: readonly RunEvent[]): (readonly [string, string])[] =>
  events.flatMap((event) =>
    event.type === 'scenario:end'
      ? [[event.scenario.id, event.outcome] as const]
      : event.type === 'scenario:queued' || event.type === 'scenario:not-run'
        ? [[event.scenario.id, event.type.replace('scenario:', '')] as const]
        : [],
  );

const two = async (t: Test): Promise<[string, string]> => {
  const root = t.testdir({});
  const one = await run(join(root, 'one'), async (script) => {
    script.begin([S.a, 1], [S.b, 1]);
    passes(script, S.a);
    script.start(S.b, steps('one'));
    script.step(S.b, steps('one')[0]!, FAILURE);
    script.end(S.b, 'failed', FAILURE);
    await script.finish();
  });
  const other = await run(
    join(root, 'deep/er/other'),
    async (script) => {
      script.begin([S.c, 1]);
      passes(script, S.c);
      await script.finish();
    },
    { at: 60_000 },
  );
  return [one, other];
};

t.test('two runs are one: plan, verdicts, counts, exit code, time', async (t) => {
  const events = await merged(...(await two(t)));
  const [start] = events;
  t.match(start, { type: 'run:start', run: 'merged', scenarios: [S.a, S.b, S.c] });
  t.same(ends(events), [
    ['a', 'passed'],
    ['b', 'failed'],
    ['c', 'passed'],
  ]);
  const end = events.at(-1);
  t.match(end, {
    type: 'run:end',
    outcome: 'failed',
    exitCode: 1,
    counts: { passed: 2, failed: 1 },
  });
  t.equal(events.filter(({ type }) => type === 'run:start' || type === 'run:end').length, 2);
  t.equal(end?.type === 'run:end' && end.durationMs, (end?.at ?? 0) - (start?.at ?? 0));
});

t.test('run directories are found in folders, and files of events are taken', async (t) => {
  const [one, other] = await two(t);
  const root = join(one, '..');
  t.same(
    findShards([root]).map(({ directory }) => directory),
    [other, one],
  );
  t.same(findShards([join(one, 'logs/events.jsonl')])[0]?.directory, one);
  const alone = join(root, 'x.jsonl');
  cpSync(join(one, 'logs/events.jsonl'), alone);
  t.same(findShards([alone]), [{ events: alone, directory: undefined }]);
  t.throws(() => findShards([join(root, 'none')]), { code: 'TAPBOOT_E_MERGE_INPUT' });
  t.throws(() => findShards([t.testdir({})]), { code: 'TAPBOOT_E_MERGE_INPUT' });
  writeFileSync(alone, 'no events\n');
  await t.rejects(readShard({ events: alone, directory: undefined }), {
    code: 'TAPBOOT_E_MERGE_INPUT',
  });
});

t.test('the same run twice would count double', async (t) => {
  const [one] = await two(t);
  const copy = join(one, '../copy');
  cpSync(one, copy, { recursive: true });
  await t.rejects(shardsOf(one, copy), { code: 'TAPBOOT_E_MERGE_TWICE' });
});

t.test('a run that was killed: what it finished counts, the rest is interrupted', async (t) => {
  const [one, other] = await two(t);
  const file = join(one, 'logs/events.jsonl');
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const cut = lines.findIndex((line) => line.includes('"scenario:end"'));
  writeFileSync(file, `${lines.slice(0, cut + 2).join('\n')}\n`);
  appendFileSync(file, '{"at":1,"type":"step:e');
  const events = await merged(one, other);
  t.same(ends(events), [
    ['a', 'passed'],
    ['b', 'interrupted'],
    ['c', 'passed'],
  ]);
  t.match(events.at(-1), {
    outcome: 'error',
    exitCode: 4,
    failure: { class: 'infra', code: 'TAPBOOT_E_MERGE_UNFINISHED' },
  });
  const notices = events.filter(({ type }) => type === 'notice');
  t.match(notices, [{ message: /cannot be read/ }, { message: /killed before its end/ }]);
});

t.test('queued here and run there is run; queued everywhere is queued once', async (t) => {
  const root = t.testdir({});
  const one = await run(join(root, 'one'), async (script) => {
    script.begin([S.a, 1], [S.b, 1]);
    script.queued(S.a);
    script.queued(S.b);
    await script.finish();
  });
  const other = await run(
    join(root, 'other'),
    async (script) => {
      script.begin([S.a, 1], [S.b, 1]);
      passes(script, S.a);
      script.queued(S.b);
      await script.finish();
    },
    { at: 1000 },
  );
  const events = await merged(one, other);
  t.same(
    new Map(ends(events)),
    new Map([
      ['b', 'queued'],
      ['a', 'passed'],
    ]),
  );
  t.match(events.at(-1), { exitCode: 75, counts: { passed: 1, queued: 1 } });
  const third = await run(
    join(root, 'third'),
    async (script) => {
      script.begin([S.b, 1]);
      passes(script, S.b);
      await script.finish();
    },
    { at: 2000 },
  );
  t.match((await merged(one, other, third)).at(-1), {
    exitCode: 0,
    counts: { passed: 2, queued: 0 },
  });
});

t.test('not run here and run there is run; run nowhere is told once', async (t) => {
  const root = t.testdir({});
  const stopped = await run(join(root, 'stopped'), async (script) => {
    script.begin([S.a, 1], [S.b, 1], [S.c, 1]);
    script.start(S.a, steps('one'));
    script.end(S.a, 'failed', FAILURE);
    script.notRun(S.b);
    script.notRun(S.c);
    await script.finish();
  });
  const other = await run(
    join(root, 'other'),
    async (script) => {
      script.begin([S.b, 1], [S.c, 1]);
      passes(script, S.b);
      script.notRun(S.c);
      await script.finish();
    },
    { at: 1000 },
  );
  const events = await merged(stopped, other);
  t.same(
    new Map(ends(events)),
    new Map([
      ['a', 'failed'],
      ['b', 'passed'],
      ['c', 'not-run'],
    ]),
  );
  t.match(events.at(-1), { exitCode: 1, counts: { passed: 1, failed: 1, 'not-run': 1 } });
});

t.test('a scenario that two runs ran keeps both verdicts, under names of their own', async (t) => {
  const root = t.testdir({});
  const tell = async (script: Script): Promise<void> => {
    script.begin([S.a, 1]);
    passes(script, S.a);
    await script.finish();
  };
  const one = await run(join(root, 'one'), tell);
  const other = await run(join(root, 'other'), tell, { at: 5 });
  const events = await merged(one, other);
  t.same(
    ends(events).map(([id]) => id),
    [`a@${one}`, `a@${other}`],
  );
  t.match(events.at(-1), { counts: { passed: 2 } });
});

t.test('paths of evidence are where the run directory is now', async (t) => {
  const root = t.testdir({});
  const here = await run(
    join(root, 'here'),
    async (script) => {
      script.begin([S.a, 1]);
      script.start(S.a, []);
      script.end(S.a, 'failed', {
        ...FAILURE,
        artifacts: [
          { label: 'in', path: '/builder/run/logs/x.log' },
          { label: 'beside', path: '/builder/runner.log' },
        ],
      });
      await script.finish();
    },
    { home: '/builder/run' },
  );
  const end = (await merged(here)).find(({ type }) => type === 'scenario:end');
  t.match(end, {
    failure: { artifacts: [{ path: join(here, 'logs/x.log') }, { path: '/builder/runner.log' }] },
  });
});
