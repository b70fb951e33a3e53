import t from 'tap';
import { sleep, startInterval, startTimer, timerMs } from '../../../driver/host/timers.js';

const DAYS_30 = 30 * 24 * 3600 * 1000;

t.test('a time beyond what Node can count does not fire at once', async (t) => {
  const overflows: string[] = [];
  const listen = (warning: Error): void => {
    if (warning.name === 'TimeoutOverflowWarning') overflows.push(warning.message);
  };
  process.on('warning', listen);
  t.teardown(() => process.off('warning', listen));
  const fired: string[] = [];
  const timers = [
    startTimer(() => fired.push('timer'), DAYS_30),
    startTimer(() => fired.push('for ever'), Number.POSITIVE_INFINITY),
    startInterval(() => fired.push('interval'), DAYS_30),
  ];
  const abort = new AbortController();
  const sleeping = sleep(DAYS_30, undefined, { signal: abort.signal }).then(
    () => fired.push('sleep'),
    () => undefined,
  );
  // Whatever would have fired at once has done so before a timer that was armed after it.
  await new Promise((resolve) => setTimeout(resolve, 50));
  for (const timer of timers) clearTimeout(timer);
  abort.abort();
  await sleeping;
  t.same(fired, []);
  t.same(overflows, []);
});

t.test('what is no number of milliseconds is refused', async (t) => {
  t.equal(timerMs(5), 5);
  t.equal(timerMs(DAYS_30), 2 ** 31 - 1);
  t.throws(() => timerMs(Number.NaN), RangeError);
});

t.test('a sleep ends', async (t) => {
  t.equal(await sleep(1, 'awake'), 'awake');
});
