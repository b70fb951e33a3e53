import type { Paint } from './paint.js';
import { duration, truncate, width } from './plain-text.js';
import type { Activity, Overall } from './progress.js';

/** How the lines are laid out. */
export interface ProgressLayout {
  paint: Paint;
  columns: number;
  /** Milliseconds since the epoch. */
  now: number;
}

const GAP = '  ';
/** Outcomes that the last line counts. */
const BAD = ['failed', 'flaky', 'known', 'queued', 'not-run', 'interrupted'] as const;
/** The terminal writes `^C` behind the last line, and must not wrap for it. */
const ECHO_COLUMNS = 2;
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 200;

/** Durations of a line that changes all the time: whole seconds are enough from 10 on. */
const short = (milliseconds: number): string =>
  milliseconds < 9950
    ? duration(Math.max(0, milliseconds))
    : duration(Math.round(milliseconds / 1000) * 1000).replace(/\.0 s$/, ' s');

/**
 * `w1  NAME  3/5 TITLE  12.3 s of ~25 s`: one line, narrower than `columns`. Where there is no
 * room for all, the name gives way first, then what it does.
 */
export function activityLine(activity: Activity, { paint, columns, now }: ProgressLayout): string {
  const { worker, name, doing, since, expectedMs } = activity;
  const elapsed = now - since;
  const expected = expectedMs === undefined ? '' : ` of ~${short(expectedMs)}`;
  const took = duration(Math.max(0, elapsed));
  // On a very narrow terminal only what is sure.
  const wide = width(took) + width(expected) <= columns * 0.6;
  const times = truncate(wide ? `${took}${expected}` : took, columns - 1);
  const label =
    worker === undefined ? '' : truncate(`w${String(worker)}${GAP}`, columns - 1 - width(times));
  const room = columns - 1 - width(label) - width(times) - GAP.length;
  const late = expectedMs !== undefined && elapsed > 1.5 * expectedMs;
  const time = late ? paint.warn(times) : paint.dim(times);
  if (name === '') return `${paint.dim(label)}${fit(doing, room)}${time}`;
  const both = room - GAP.length;
  // Half of the room at least, for a short name less.
  const shownName = truncate(name, Math.max(Math.floor(both / 2), both - width(doing)));
  const left = both - width(shownName);
  if (left < 8) return `${paint.dim(label)}${fit(name, room, paint.strong)}${time}`;
  return `${paint.dim(label)}${paint.strong(shownName)}${GAP}${fit(doing, left)}${time}`;
}

/** A text and the gap behind it; nothing at all where there is no room. */
function fit(text: string, room: number, paint = (plain: string): string => plain): string {
  const shown = truncate(text, room);
  return shown === '' ? '' : `${paint(shown)}${GAP}`;
}

/** `⠋ 3/20 done, 1 failed  41 s, about 2 min 05 s left`: the last line of all. */
export function overallLine(overall: Overall, { paint, columns, now }: ProgressLayout): string {
  const { total, done, outcomes, startedAt, remainingMs, ending } = overall;
  const elapsed = Math.max(0, now - startedAt);
  const frame = FRAMES[Math.floor(elapsed / FRAME_MS) % FRAMES.length] ?? '';
  const bad = BAD.flatMap((name) => {
    const count = outcomes[name];
    return count === undefined
      ? []
      : [{ text: `${String(count)} ${name.replace('-', ' ')}`, failed: name === 'failed' }];
  });
  const rest =
    remainingMs === undefined || remainingMs < 1000 ? '' : `, about ${short(remainingMs)} left`;
  const pieces: { text: string; paint: (text: string) => string }[] = [
    { text: `${frame} ${String(done)}/${String(total)} done`, paint: paint.strong },
    ...bad.map(({ text, failed }) => ({
      text: `, ${text}`,
      paint: failed ? paint.bad : paint.warn,
    })),
    ...(ending === undefined ? [] : [{ text: `${GAP}${ending}`, paint: paint.warn }]),
    { text: `${GAP}${short(elapsed)}${ending === undefined ? rest : ''}`, paint: paint.dim },
  ];
  let room = columns - 1 - ECHO_COLUMNS;
  return pieces
    .map((piece) => {
      const shown = truncate(piece.text, room);
      room -= width(shown);
      return piece.paint(shown);
    })
    .join('');
}

/**
 * All lines of the block: what goes on now, as much as there are rows for, and the overall
 * line. One row stays free for what is printed above.
 */
export function progressLines(
  activities: readonly Activity[],
  overall: Overall,
  rows: number,
  layout: ProgressLayout,
): string[] {
  const most = Math.max(0, rows - 2);
  const cut = activities.length > most;
  const shown = activities.slice(0, cut ? Math.max(0, most - 1) : most);
  const hidden = activities.length - shown.length;
  const more = layout.paint.dim(truncate(`… ${String(hidden)} more`, layout.columns - 1));
  return [
    ...shown.map((activity) => activityLine(activity, layout)),
    ...(cut && most > 0 ? [more] : []),
    overallLine(overall, layout),
  ];
}
