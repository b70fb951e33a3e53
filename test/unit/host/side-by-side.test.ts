import t from 'tap';
import { sideBySide, untilAborted } from '../../../driver/host/waiting.js';

const never = new AbortController().signal;

/** Ends by its signal, as what runs a program does. */
async function endless(signal: AbortSignal, ended: () => void): Promise<never> {
  await untilAborted(signal);
  await new Promise((resolve) => setTimeout(resolve, 20));
  ended();
  throw new Error('ended by its signal');
}

t.test('works run side by side, and their results come by name', async (t) => {
  let release = (): void => undefined;
  const second = new Promise<void>((resolve) => (release = resolve));
  const works = {
    // Ends only once the other one has begun.
    first: async () => await second.then(() => 1),
    other: async () => {
      release();
      return Promise.resolve('two');
    },
  };
  t.strictSame(await sideBySide(works, never), { first: 1, other: 'two' });
});

t.test(
  'the first that fails ends the others, is thrown once they have ended, and is named',
  async (t) => {
    const failed: string[] = [];
    let ended = false;
    const work = sideBySide(
      {
        waits: (signal) => endless(signal, () => (ended = true)),
        fails: () => Promise.reject(new Error('no network')),
      },
      never,
      (name) => failed.push(name),
    );
    await t.rejects(work, { message: 'no network' });
    t.ok(ended, 'nothing goes on behind the error');
    t.strictSame(failed, ['fails']);
  },
);

t.test('the caller’s signal ends all', async (t) => {
  const controller = new AbortController();
  let ended = 0;
  const work = sideBySide(
    {
      one: (signal) => endless(signal, () => (ended += 1)),
      two: (signal) => endless(signal, () => (ended += 1)),
    },
    controller.signal,
  );
  controller.abort('SIGINT');
  await t.rejects(work, { message: 'ended by its signal' });
  t.equal(ended, 2);
});
