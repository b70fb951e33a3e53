import t from 'tap';
import { Replay } from '../../../../driver/report/html/client/replay.js';
import { lineText } from '../../../../driver/report/html/client/terminal.js';
import type { ReportRecording } from '../../../../driver/report/html/report-data.js';

const recording = (events: ReportRecording['events']): ReportRecording => ({
  columns: 80,
  rows: 5,
  events,
  omitted: 0,
});

/** A line every second, the first at once. */
const ticking = recording(
  Array.from({ length: 20 }, (_, second) => [second, 'o', `second ${String(second)}\r\n`]),
);

const last = ({ terminal }: Replay): string | undefined => terminal.screen.map(lineText).at(-1);

t.test('to any time, and back', async (t) => {
  const replay = new Replay(ticking);
  t.equal(last(replay), undefined);
  for (const [time, line] of [
    [0, 'second 0'],
    [7.5, 'second 7'],
    [7.9, 'second 7'],
    [Infinity, 'second 19'],
    [3, 'second 3'],
    [-1, 'second 0'],
  ] as const) {
    await replay.seek(time);
    t.equal(last(replay), line, String(time));
  }
  t.equal(replay.duration, 19);
  t.equal(replay.time, 0);
  t.equal(replay.nextTime, 1);
});

t.test('what is wanted last is what is shown', async (t) => {
  const replay = new Replay(ticking);
  const all = [Infinity, 2, 12, 5].map((time) => replay.seek(time));
  t.equal(replay.time, 5, 'it is going there');
  await all[0];
  t.equal(last(replay), 'second 5');
  await Promise.all(all);
  t.equal(last(replay), 'second 5');
});

t.test('what the search finds is shown at its time', async (t) => {
  const events: ReportRecording['events'] = [
    ...ticking.events,
    [20, 'm', 'a marker'],
    [20, 'o', '\x1b[?1049h\x1b[2J\x1b[1;1Hmenu'],
    [20.1, 'o', '\x1b[3;1Hchosen'],
    [25, 'o', '\x1b[?1049l'],
  ];
  const replay = new Replay(recording(events));
  const lines = await replay.lines();
  const at = (text: string): number | undefined =>
    lines.find((line) => lineText(line) === text)?.at;
  t.equal(at('second 0'), 0);
  t.equal(at('second 7'), 7);
  t.equal(at('chosen'), 20.1);
  t.equal(lines.length, 23, 'each once, with what a full-screen program left');
  for (const line of lines) {
    await replay.seek(line.at);
    const shown = [...replay.terminal.history, ...replay.terminal.screen].map(lineText);
    t.ok(shown.includes(lineText(line)), lineText(line));
  }
  t.equal(await replay.lines(), lines, 'read once');
});

t.test('how much was said, and when', (t) => {
  const replay = new Replay(recording([...ticking.events, [19, 'm', 'end']]));
  const { counts, width } = replay.activity(19);
  t.equal(width, 1);
  t.equal(counts[3], 'second 3\r\n'.length);
  t.equal(
    counts.reduce((sum, count) => sum + count, 0),
    ticking.events.reduce((sum, [, , text]) => sum + text.length, 0),
  );
  t.same(replay.markers, [{ at: 19, label: 'end' }]);
  t.end();
});
