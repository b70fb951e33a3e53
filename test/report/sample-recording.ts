import type { ReportRecording } from '../../driver/report/html/report-data.js';

/** A console: a firmware's screen, a marker, kernel lines in colour, a prompt. */
export function sampleRecording(lines: number): ReportRecording {
  const events: ReportRecording['events'] = [
    [0, 'o', '\x1b[2J\x1b[HSeaBIOS (version 1.16.2-debian-1)\r\n'],
    [0.01, 'm', 'restored from snapshot 9f2c41d0-77aa01bc'],
  ];
  let at = 0;
  for (let line = 0; line < lines; line++) {
    at += 0.02 * (1 + (line % 7));
    const text = `md/raid1:md127: active with 2 out of 2 mirrors, line ${String(line)}`;
    events.push([at, 'o', `\x1b[32m[${at.toFixed(6).padStart(12)}]\x1b[0m ${text}\r\n`]);
  }
  events.push([at + 4, 'o', '\x1b[1;31mroot@debian\x1b[0m:~# \x1b[?2004hlsblk\r\n']);
  events.push([at + 8, 'o', 'LAN IPv4 address: 10.0.2.15\r\n']);
  return {
    columns: 132,
    rows: 43,
    startedAt: Date.UTC(2026, 2, 1, 10, 15, 11),
    events,
    omitted: 0,
  };
}
