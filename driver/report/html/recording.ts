import type { ReportRecording } from './report-data.js';

/** Characters of one console that the page holds; the file beside it has all. */
const RECORDING_LIMIT = 3 * 1024 * 1024;

const isEvent = (value: unknown): value is [number, string, string] =>
  Array.isArray(value) &&
  typeof value[0] === 'number' &&
  typeof value[1] === 'string' &&
  typeof value[2] === 'string';

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const positive = (value: unknown, otherwise: number): number =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 500
    ? value
    : otherwise;

/**
 * Reads an asciicast v2. Lines that are none (the last one of a killed driver) are passed
 * over, and so are events of kinds that are not shown.
 * @returns undefined when it is no asciicast v2
 */
export function readRecording(text: string): ReportRecording | undefined {
  const [first = '', ...lines] = text.split('\n');
  const header = parsed(first);
  if (typeof header !== 'object' || header === null) return undefined;
  const { version, width, height, timestamp } = header as Record<string, unknown>;
  if (version !== 2) return undefined;
  const events: ReportRecording['events'] = [];
  for (const line of lines) {
    const event = parsed(line);
    if (!isEvent(event)) continue;
    const [at, kind, data] = event;
    if (kind === 'o' || kind === 'm') events.push([at, kind, data]);
  }
  return {
    columns: positive(width, 80),
    rows: positive(height, 24),
    startedAt: typeof timestamp === 'number' ? timestamp * 1000 : undefined,
    ...withinLimit(events),
  };
}

/** The end of a console is what matters most: the beginning goes first. */
function withinLimit(
  events: ReportRecording['events'],
): Pick<ReportRecording, 'events' | 'omitted'> {
  let size = 0;
  for (let index = events.length - 1; index >= 0; index--) {
    const event = events[index];
    size += event?.[2].length ?? 0;
    if (size <= RECORDING_LIMIT) continue;
    const dropped = events.slice(0, index + 1);
    const omitted = dropped.reduce((sum, [, , data]) => sum + data.length, 0);
    return { events: events.slice(index + 1), omitted };
  }
  return { events, omitted: 0 };
}
