import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { load } from './load.js';

interface Job {
  name: string;
  seconds: number;
  share?: number;
  after?: string[];
}

type RunQueue = (jobs: (Job & { run(): Promise<void> })[], cores: number) => Promise<void>;

/** Runs jobs that end one at a time, in the order of their start. @returns who ran with whom */
async function together(jobs: Job[], cores: number): Promise<string[]> {
  const { runQueue } = await load<{ runQueue: RunQueue }>('test-queue.mjs');
  const running: { name: string; end(): void }[] = [];
  const seen: string[] = [];
  const all = runQueue(
    jobs.map((job) => ({
      ...job,
      run: () =>
        new Promise<void>((end) => {
          running.push({ name: job.name, end });
        }),
    })),
    cores,
  );
  const step = async (): Promise<'next'> => {
    for (let turns = 0; turns < 5; turns++) await turn();
    return 'next';
  };
  while ((await Promise.race([all, step()])) === 'next') {
    seen.push(running.map(({ name }) => name).join(' '));
    running.shift()?.end();
  }
  return seen;
}

t.test('the longest first, one for each core', async (t) => {
  const jobs = [
    { name: 'short', seconds: 1 },
    { name: 'long', seconds: 9 },
    { name: 'middle', seconds: 5 },
  ];
  t.same(await together(jobs, 2), ['long middle', 'middle short', 'short']);
  t.same(await together(jobs, 1), ['long', 'middle', 'short']);
});

t.test('one that mostly waits leaves its core to others, which are not too many', async (t) => {
  const waits = ['a', 'b', 'c', 'd'].map((name) => ({ name, seconds: 9, share: 0.2 }));
  t.same(await together([...waits, { name: 'works', seconds: 1 }], 1), [
    'a b',
    'b c',
    'c d',
    'd works',
    'works',
  ]);
});

t.test('what waits for another comes behind it, and what cannot come at all is said', async (t) => {
  const first = { name: 'first', seconds: 1 };
  const second = { name: 'second', seconds: 9, after: ['first', 'nobody'] };
  t.same(await together([second, first], 2), ['first', 'second']);
  await t.rejects(together([{ ...second, after: ['second'] }], 2), /wait for each other: second/);
});
