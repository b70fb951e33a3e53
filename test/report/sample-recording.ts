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

/** A full-screen program on the alternate screen: a second for each thing that it does. */
export function installerRecording(): ReportRecording {
  const at = (row: number, text: string, column = 1): string =>
    `\x1b[${String(row)};${String(column)}H${text}`;
  const list = at(3, 'vda') + at(4, 'vdb') + at(5, 'vdc');
  const steps = [
    'root@debian:~# installer\r\n',
    `\x1b[?1049h\x1b[H\x1b[2J${at(1, '\x1b[44;37m Choose a disk \x1b[m')}${list}${at(7, 'Enter: next')}`,
    // A line is inserted, and the last of the list falls out of its region.
    `\x1b[3;5r${at(4, '\x1b[L  partition 1')}`,
    // The list scrolls within its region.
    `${at(5, '\n')}${at(5, 'vdd')}`,
    `${at(7, '日本語: 次へ')}${at(7, '|', 13)}`,
    '\x1b[r\x1b[?1049l\x1b[mroot@debian:~# echo done\r\ndone\r\n',
  ];
  return {
    columns: 40,
    rows: 10,
    startedAt: Date.UTC(2026, 2, 1, 10, 15, 11),
    events: steps.map((text, second) => [second, 'o', text]),
    omitted: 0,
  };
}
