import t from 'tap';
import { heldBack } from '../../../driver/events/held-back.js';
import type { NewEvent, RunEvent } from '../../../driver/events/events.js';
import { EventStream } from '../../../driver/events/stream.js';

const notice = (message: string): NewEvent => ({ type: 'notice', level: 'warning', message });

t.test('what is held back comes later, in its order and with its own time', async (t) => {
  const seen: RunEvent[] = [];
  const stream = new EventStream(
    (error) => {
      throw error;
    },
    () => 1,
  );
  stream.add({ handle: (event) => seen.push(event) });
  const messages = (): unknown[] => seen.map((event) => 'message' in event && event.message);
  let open!: () => void;
  const gate = heldBack(stream, new Promise<void>((resolve) => (open = resolve)));
  gate.emit(notice('one'));
  gate.emit(notice('two'));
  stream.emit(notice('beside'));
  t.same(messages(), ['beside']);
  open();
  await Promise.resolve();
  gate.emit(notice('three'));
  t.same(messages(), ['beside', 'one', 'two', 'three']);
  t.ok((seen[1]?.at ?? 0) > 1, 'the time at which it happened');
  const failed = heldBack(stream, Promise.reject(new Error('it fails')));
  failed.emit(notice('four'));
  await new Promise(setImmediate);
  t.equal(messages().at(-1), 'four', 'also behind what failed');
});
