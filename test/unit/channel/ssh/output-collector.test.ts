import t from 'tap';
import { OutputCollector } from '../../../../driver/channel/ssh/output-collector.js';

t.test('the beginning is kept, the rest is counted', async (t) => {
  const collector = new OutputCollector(5);
  for (const piece of ['abc', 'defg', 'hi']) collector.push(Buffer.from(piece));
  t.equal(collector.text(), 'abcde');
  t.equal(collector.dropped, 4);
});

t.test('nothing is dropped below the limit', async (t) => {
  const collector = new OutputCollector(5);
  collector.push(Buffer.from('abcde'));
  t.equal(collector.dropped, 0);
});
