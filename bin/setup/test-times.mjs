// How long each test file took the last time, so that the longest can begin first.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tree } from './tree.mjs';

const file = join(tree.state, 'test-times.json');

/** Seconds by file, of the last run of each; empty where there was none. */
export function readTimes() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}

/** @param {Record<string, number>} times seconds of the files that were run now */
export function rememberTimes(times) {
  const all = { ...readTimes(), ...times };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(all, undefined, 2)}\n`);
}
