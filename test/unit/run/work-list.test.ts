import t from 'tap';
import { type PlannedScenario, WorkList } from '../../../driver/run/work-list.js';

const planned = (id: string, from?: string, timeoutMs = 1000): PlannedScenario =>
  ({
    ref: { id, name: id, file: `${id}.yaml` },
    scenario: {
      id,
      steps: [{ timeoutMs }],
      from: from === undefined ? undefined : { scenario: from, checkpoint: 'c' },
    },
  }) as PlannedScenario;

const ids = (all: readonly (PlannedScenario | undefined)[]): (string | undefined)[] =>
  all.map((one) => one?.ref.id);

interface Making {
  workers: number;
  seconds?: Record<string, number>;
  more?: () => readonly PlannedScenario[];
  waitsForBootOf?: (planned: PlannedScenario, running: PlannedScenario) => boolean;
}

const list = (
  first: PlannedScenario[],
  { workers, seconds = {}, more, waitsForBootOf }: Making,
): WorkList =>
  new WorkList({
    first,
    workers,
    waitsForBootOf,
    more: more ?? (() => []),
    seconds: ({ ref }) => seconds[ref.id],
  });

t.test('one worker gets the scenarios in their own order', async (t) => {
  const work = list([planned('a'), planned('b'), planned('c')], {
    workers: 1,
    seconds: { a: 1, b: 9, c: 5 },
  });
  const taken = [];
  for (let one = await work.take(); one; one = await work.take()) {
    taken.push(one);
    work.end(one);
  }
  t.same(ids(taken), ['a', 'b', 'c']);
});

t.test('with several, what is unknown goes first, then the longest', async (t) => {
  const work = list([planned('a'), planned('b'), planned('new'), planned('c')], {
    workers: 2,
    seconds: { a: 1, b: 9, c: 5 },
  });
  const taken = await Promise.all([work.take(), work.take(), work.take(), work.take()]);
  t.same(ids(taken), ['new', 'b', 'c', 'a']);
  t.equal(await work.take(), undefined, 'and then there is nothing more');
});

t.test(
  'of those that were never measured, the one with the longest timeouts goes first',
  async (t) => {
    const work = list([planned('short'), planned('long', undefined, 9000)], { workers: 2 });
    t.same(ids([await work.take(), await work.take()]), ['long', 'short']);
  },
);

t.test('who starts from a checkpoint waits for the end of the one that saves it', async (t) => {
  const work = list([planned('child', 'parent'), planned('parent'), planned('other')], {
    workers: 3,
    seconds: { child: 100, parent: 1, other: 2 },
  });
  const other = await work.take();
  const parent = await work.take();
  t.same(ids([other, parent]), ['other', 'parent']);
  let got: PlannedScenario | undefined;
  const waiting = work.take().then((one) => (got = one));
  work.end(other as PlannedScenario);
  await new Promise(setImmediate);
  t.equal(got, undefined, 'another scenario has ended, that is not enough');
  work.end(parent as PlannedScenario);
  t.same(ids([await waiting]), ['child']);
});

t.test('the order of the plan gives way to a checkpoint, also with one worker', async (t) => {
  const work = list([planned('child', 'parent'), planned('parent')], { workers: 1 });
  const parent = await work.take();
  t.equal(parent?.ref.id, 'parent');
  work.end(parent as PlannedScenario);
  t.equal((await work.take())?.ref.id, 'child');
});

t.test('a checkpoint of a scenario that is not chosen keeps nobody waiting', async (t) => {
  const work = list([planned('child', 'elsewhere')], { workers: 2 });
  t.equal((await work.take())?.ref.id, 'child');
});

t.test('a closed list has nothing to begin, and tells what it would have had', async (t) => {
  const work = list([planned('a'), planned('child', 'a'), planned('b')], { workers: 2 });
  const a = await work.take();
  const b = await work.take();
  t.same(ids([a, b]), ['a', 'b']);
  const waiting = work.take();
  t.same(ids(work.close()), ['child']);
  work.end(a as PlannedScenario);
  t.equal(await waiting, undefined, 'also who waited for a checkpoint');
  t.equal(await work.take(), undefined);
});

t.test('when nothing is left to begin, the queue is asked', async (t) => {
  let asked = 0;
  const more = (): PlannedScenario[] => (asked++ === 0 ? [planned('queued')] : []);
  const work = list([planned('a')], { workers: 1, more });
  t.equal((await work.take())?.ref.id, 'a');
  t.equal((await work.take())?.ref.id, 'queued');
  t.equal(await work.take(), undefined);
});

t.test(
  'who would only wait for a boot lets others pass, and is taken when none is left',
  async (t) => {
    const work = list([planned('a1'), planned('a2'), planned('b')], {
      workers: 2,
      seconds: { a1: 9, a2: 5, b: 1 },
      waitsForBootOf: (one, other) => one.ref.id[0] === other.ref.id[0],
    });
    const taken = await Promise.all([work.take(), work.take(), work.take()]);
    t.same(ids(taken), ['a1', 'b', 'a2']);
  },
);
