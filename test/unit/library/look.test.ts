import t from 'tap';
import { patternsOf, textPatternOf } from '../../../driver/library/guest-steps.js';

t.test('text stays text, an expression becomes a pattern without its position', async (t) => {
  t.same(textPatternOf('a.b'), { text: 'a.b' });
  t.same(textPatternOf(/a.b/gimy), { pattern: { source: 'a.b', flags: 'im' } });
  t.same(patternsOf([/^x$/m, /y/g]), [
    { source: '^x$', flags: 'm' },
    { source: 'y', flags: '' },
  ]);
});
