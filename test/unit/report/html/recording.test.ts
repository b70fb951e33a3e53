import t from 'tap';
import { readRecording } from '../../../../driver/report/html/recording.js';

const header = '{"version":2,"width":132,"height":43,"timestamp":1772360111}';

t.test('an asciicast, whole or torn', (t) => {
  const recording = readRecording(
    [
      header,
      '[0.1,"o","a"]',
      '[0.2,"m","restored"]',
      '[0.3,"i","typed"]',
      'not json',
      '[0.4,"o',
    ].join('\n'),
  );
  t.same(recording, {
    columns: 132,
    rows: 43,
    startedAt: 1772360111000,
    omitted: 0,
    events: [
      [0.1, 'o', 'a'],
      [0.2, 'm', 'restored'],
    ],
  });
  t.equal(readRecording('{"version":3}'), undefined);
  t.equal(readRecording(''), undefined);
  t.match(readRecording('{"version":2,"width":-1,"height":1e9}'), { columns: 80, rows: 24 });
  t.end();
});

t.test('of a long one the end is kept', (t) => {
  const piece = 'x'.repeat(1024 * 1024);
  const lines = Array.from({ length: 5 }, (_, at) => JSON.stringify([at, 'o', piece]));
  const recording = readRecording([header, ...lines].join('\n'));
  t.same(
    recording?.events.map(([at]) => at),
    [2, 3, 4],
  );
  t.equal(recording?.omitted, 2 * piece.length);
  t.end();
});
