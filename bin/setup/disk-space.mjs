import { existsSync, mkdirSync, statfsSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { SetupError } from './setup-error.mjs';

export const MIB = 1024 ** 2;
export const GIB = 1024 ** 3;

/** $XDG_CACHE_HOME/tapboot or ~/.cache/tapboot; the driver's userCacheDirectory says why. */
export function cacheDirectory(env = process.env) {
  const base = [env.XDG_CACHE_HOME, env.HOME && join(env.HOME, '.cache')].find(
    (path) => path && isAbsolute(path),
  );
  if (base === undefined) {
    throw new SetupError('TAPBOOT_E_CACHE_DIRECTORY', 'there is no place for the cache', {
      hint: 'set XDG_CACHE_HOME to a directory that you can write to',
    });
  }
  return join(base, 'tapboot');
}

const size = (bytes) =>
  bytes >= GIB ? `${(bytes / GIB).toFixed(1)} GiB` : `${(bytes / MIB).toFixed(0)} MiB`;

function nearestExisting(path) {
  let at = path;
  while (!existsSync(at)) at = dirname(at);
  return at;
}

/**
 * Checks that there is room before anything is written. Needs on one file system add up.
 * @param {{ path: string, bytes: number, what: string }[]} needs
 * @returns {string} what was found, for the progress line
 * @throws {SetupError} naming each place with too little room, and what the room is for
 */
export function checkDiskSpace(needs) {
  const fileSystems = new Map();
  for (const need of needs) {
    const at = nearestExisting(need.path);
    const key = statSync(at).dev;
    const entry = fileSystems.get(key) ?? { at, bytes: 0, needs: [] };
    entry.bytes += need.bytes;
    entry.needs.push(need);
    fileSystems.set(key, entry);
  }
  const short = [];
  const found = [];
  for (const entry of fileSystems.values()) {
    const { bavail, bsize } = statfsSync(entry.at);
    const free = bavail * bsize;
    found.push(`${size(free)} free, ${size(entry.bytes)} needed`);
    if (free >= entry.bytes) continue;
    const parts = entry.needs.map((need) => `${size(need.bytes)} ${need.what} in ${need.path}`);
    short.push(`${size(free)} free, ${size(entry.bytes)} needed: ${parts.join(' + ')}`);
  }
  if (short.length > 0) {
    throw new SetupError('TAPBOOT_E_DISK_SPACE', 'there is too little disk space', {
      output: short.join('\n'),
      hint: 'make room, or point XDG_CACHE_HOME at a larger disk',
    });
  }
  return found.join('; ');
}

/** Free bytes are asked of a directory that can be written, or the answer is worth nothing. */
export function makeCacheDirectory(path) {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new SetupError(
      'TAPBOOT_E_CACHE_DIRECTORY',
      `the cache directory ${path} cannot be made: ${error.message}`,
      { hint: 'point XDG_CACHE_HOME at a directory that you can write to' },
    );
  }
}
