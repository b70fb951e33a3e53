// What each job of a test run took the last time, so that the longest can begin first, and one
// that mostly waits beside others.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tree } from './tree.mjs';

const file = join(tree.state, 'test-times.json');

/** Of a run on two cores: what a fresh clone begins with. Brought up to date now and then. */
const usual = join(tree.root, 'test/times.json');

/** Less than that is the start of a process, whatever it does then. */
const LEAST_SHARE = 0.2;

/**
 * @typedef {object} Took
 * @property {number} seconds
 * @property {number} [cpu] seconds, of the process and of all that it has started
 */

/** @returns {Record<string, Took>} by file or check, of the last run of each */
export const readTimes = () => ({ ...read(usual), ...read(file) });

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return {};
  }
}

/** @param {Record<string, Took>} times of the files that were run now */
export function rememberTimes(times) {
  const all = { ...read(file), ...times };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(all, undefined, 2)}\n`);
}

/** The share of a core that a job keeps busy. @param {Took} [took] */
export function shareOf(took) {
  if (took?.cpu === undefined) return 1;
  return Math.min(1, Math.max(LEAST_SHARE, took.cpu / took.seconds));
}
