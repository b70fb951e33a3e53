import t from 'tap';
import { remainingSeconds, type Forecast } from '../../../driver/report/progress.js';

const one = (state: Forecast['state'], expected: number | undefined, elapsed = 0): Forecast => ({
  state,
  expected,
  elapsed,
});

t.test('what is left of a run', async (t) => {
  t.equal(remainingSeconds([one('waiting', undefined)], 1), undefined, 'nothing is known');
  t.equal(remainingSeconds([one('waiting', 10), one('running', 20, 5)], 1), 25);
  t.equal(remainingSeconds([one('waiting', 10), one('running', 20, 6)], 2), 14, 'the longest');
  t.equal(remainingSeconds([one('running', 10, 30), one('waiting', 4)], 1), 4, 'late: nothing');
  t.equal(
    remainingSeconds([one('ended', 99, 8), one('waiting', undefined)], 1),
    8,
    'as the others',
  );
  t.equal(remainingSeconds([one('ended', 5, 5)], 1), 0);
});
