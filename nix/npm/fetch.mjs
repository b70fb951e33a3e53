// node fetch.mjs package-lock.json DIRECTORY [CACHE]: fills the directory with the tarballs that the
// lock names, by the npm client with whatever registry it is set to, and nothing else. It runs inside
// of a build, where no package is at hand yet: Node's own modules have to do. With CACHE, a cache of
// npm's, only what that cache lacks is fetched, into it.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { wantedTarballs } from './lock.mjs';

/** Packages asked for by one call of npm: a command line has its limits. */
const AT_ONCE = 100;

/** Where npm's cache (cacache, content-v2) keeps what has this SHA-512. */
function cachedAt(cache, file) {
  const hex = file.slice(0, -'.tgz'.length);
  const parts = [hex.slice(0, 2), hex.slice(2, 4), hex.slice(4)];
  return join(cache, '_cacache', 'content-v2', 'sha512', ...parts);
}

/**
 * @param {any} lock package-lock.json
 * @param {string} directory made here; must not exist
 * @param {string} [lasting] npm's cache directory to take from and to fetch into; without it, all
 *   is fetched, into a cache that is removed again
 * @throws {Error} when the registry has something else under a name than the lock says
 */
export function fetchTarballs(lock, directory, lasting) {
  const wanted = wantedTarballs(lock);
  const own = mkdtempSync(join(tmpdir(), 'tapboot-npm-'));
  const cache = lasting ?? own;
  try {
    const missing = wanted.filter(({ file }) => !existsSync(cachedAt(cache, file)));
    for (let from = 0; from < missing.length; from += AT_ONCE) {
      const specs = missing.slice(from, from + AT_ONCE).map(({ spec }) => spec);
      const options = [
        '--loglevel=error',
        '--no-progress',
        '--fetch-retries=4',
        `--cache=${cache}`,
      ];
      execFileSync('npm', ['cache', 'add', ...options, ...specs], {
        // Away from any .npmrc of a project.
        cwd: own,
        env: { ...process.env, npm_config_update_notifier: 'false' },
        stdio: ['ignore', 2, 2],
      });
    }
    mkdirSync(directory);
    for (const { spec, file } of wanted) {
      const content = readTarball(cachedAt(cache, file), spec);
      if (`${createHash('sha512').update(content).digest('hex')}.tgz` !== file) {
        throw new Error(`${spec} is not what package-lock.json says`);
      }
      const path = join(directory, file);
      writeFileSync(path, content);
      chmodSync(path, 0o444);
    }
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
  return wanted.length;
}

function readTarball(path, spec) {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new Error(`${spec}: npm fetched it, but not with the SHA-512 of package-lock.json`, {
      cause,
    });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [lockFile, directory, cache] = process.argv.slice(2);
  const count = fetchTarballs(JSON.parse(readFileSync(lockFile, 'utf8')), directory, cache);
  process.stderr.write(`${String(count)} tarballs in ${directory}\n`);
}
