import t from 'tap';
import { limitMs } from '../../../driver/library/guest-steps.js';

t.test('a timeout is a time of at most 7 days', async (t) => {
  const week = 7 * 24 * 3600 * 1000;
  t.equal(limitMs(undefined, 60_000), 60_000);
  t.equal(limitMs(week, 1), week);
  for (const wrong of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, week + 1, 2 ** 31]) {
    t.throws(() => limitMs(wrong, 1), {
      code: 'TAPBOOT_E_LIMIT',
      failureClass: 'scenario',
      details: { expected: /at most 7 days/, got: String(wrong) },
    });
  }
});
