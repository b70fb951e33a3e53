import t from 'tap';
import type { RunEvent } from '../../../driver/events/events.js';
import { EventStream } from '../../../driver/events/stream.js';

t.test('a sink that throws hits neither who emits nor the other sinks', async (t) => {
  const trouble: unknown[] = [];
  const seen: RunEvent[] = [];
  const events = new EventStream((error) => trouble.push(error));
  const full = new Error('ENOSPC');
  events.add({
    handle() {
      throw full;
    },
  });
  events.add({ handle: (event) => void seen.push(event) });
  events.emit({ type: 'notice', level: 'warning', message: 'of a guest' });
  t.same(trouble, [full]);
  t.match(seen, [{ message: 'of a guest' }]);
});
