import type { MachineOrigin } from '../../../events/events.js';

/** `0.31 s`, `12.4 s`, `3 min 05 s`, `1 h 02 min`. */
export function took(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 0.0995) return `${Math.round(milliseconds)} ms`;
  if (seconds < 99.95) return `${seconds.toFixed(seconds < 9.995 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  const two = (value: number) => String(value).padStart(2, '0');
  if (minutes < 60) return `${minutes} min ${two(whole % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** `1:02.5` */
export function clock(seconds: number): string {
  const sign = seconds < 0 ? '-' : '';
  const whole = Math.abs(seconds);
  return `${sign}${Math.floor(whole / 60)}:${(whole % 60).toFixed(1).padStart(4, '0')}`;
}

/** `1.5 GiB` */
export function sizeText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${Number(value.toFixed(value < 10 ? 2 : 1))} ${units[unit]}`;
}

export const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`;

/** The sign of each outcome: colour alone tells nobody enough. */
const SIGNS: Record<string, string> = {
  passed: '✓',
  failed: '✕',
  flaky: '≈',
  known: '◆',
  skipped: '↷',
  reused: '↺',
  queued: '…',
  interrupted: '■',
  unfinished: '…',
  'not reached': '·',
};

export const signOf = (outcome: string): string => SIGNS[outcome] ?? '?';

export const outcomeClass = (outcome: string): string => `is-${outcome.replaceAll(' ', '-')}`;

/** Ends in trouble that someone should look at. */
export const isTrouble = (outcome: string): boolean =>
  ['failed', 'flaky', 'known', 'interrupted', 'unfinished'].includes(outcome);

/** How a machine came to be. */
export function originWords(origin: MachineOrigin | undefined): string {
  if (origin === undefined) return 'no machine';
  const when = origin.bootedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC');
  return origin.kind === 'booted'
    ? `booted for this scenario at ${when}`
    : `restored from state ${origin.key} of a boot at ${when} (${origin.sameRun ? 'this run' : 'an earlier run'})`;
}

export const hashOf = (anchor: string, step?: number): string =>
  `#${encodeURIComponent(anchor)}${step === undefined ? '' : `/${step}`}`;
