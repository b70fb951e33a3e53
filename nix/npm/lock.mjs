// What package-lock.json asks for, and where its tarballs lie: a file is named by its content, so
// that nobody has to be asked for an address.
import { createHash } from 'node:crypto';

/** Platforms that the flake has outputs for. */
const PLATFORMS = { os: 'linux', cpus: ['x64', 'arm64'] };

/** npm's own rule: a list names what fits, or, with `!`, what does not. */
function fits(list, names) {
  if (list === undefined) return true;
  const refused = list.filter((entry) => entry.startsWith('!')).map((entry) => entry.slice(1));
  const wanted = list.filter((entry) => !entry.startsWith('!'));
  return names.some(
    (name) => !refused.includes(name) && (wanted.length === 0 || wanted.includes(name)),
  );
}

/** True for a package that a platform of the flake can use. */
const usable = ({ os, cpu }) => fits(os, [PLATFORMS.os]) && fits(cpu, PLATFORMS.cpus);

/** `node_modules/a/node_modules/@b/c` is the package `@b/c`. */
const nameOf = (path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** Name of a tarball: its SHA-512 in hex. */
export function tarballName(integrity) {
  const match = /(?:^|\s)sha512-([A-Za-z0-9+/]+={0,2})(?:\s|$)/.exec(integrity);
  if (match === null)
    throw new Error(`package-lock.json has an entry without SHA-512: ${integrity}`);
  return `${Buffer.from(match[1], 'base64').toString('hex')}.tgz`;
}

/** Entries that come as tarballs: all but the root, links, and what another package carries. */
const packaged = (lock) =>
  Object.entries(lock.packages).filter(
    ([path, entry]) => path !== '' && entry.link !== true && entry.inBundle !== true,
  );

/**
 * The tarballs that the flake's platforms need, each once, in the order of their names.
 * @param {{ packages: Record<string, any> }} lock package-lock.json, version 3
 * @returns {{ spec: string, integrity: string, file: string }[]}
 * @throws {Error} for an entry without `integrity`: it could not be checked
 */
export function wantedTarballs(lock) {
  const found = new Map();
  for (const [path, entry] of packaged(lock)) {
    if (!usable(entry)) continue;
    if (entry.integrity === undefined) {
      throw new Error(`package-lock.json names no integrity for ${path}`);
    }
    const file = tarballName(entry.integrity);
    const spec = `${entry.name ?? nameOf(path)}@${entry.version}`;
    found.set(file, { spec, integrity: entry.integrity, file });
  }
  return [...found.values()].sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** Digest of what `wantedTarballs` gives: changes exactly when another set is to be fetched. */
export const lockDigest = (lock) =>
  createHash('sha256')
    .update(
      wantedTarballs(lock)
        .map(({ file }) => `${file}\n`)
        .join(''),
    )
    .digest('hex');

/**
 * Manifest and lock with every package taken from `directory`, so that npm can install without a
 * network. The manifest has to say the same as the lock, or `npm ci` refuses both; what no platform
 * of the flake uses keeps its entry for the same reason, and npm passes it over.
 */
export function offline(manifest, lock, directory) {
  const packages = {};
  for (const [path, entry] of packaged(lock)) {
    const resolved = usable(entry) && `file:${directory}/${tarballName(entry.integrity)}`;
    packages[path] = resolved ? { ...entry, resolved } : entry;
  }
  const direct = { ...manifest };
  for (const kind of ['dependencies', 'devDependencies']) {
    const names = Object.keys(manifest[kind] ?? {});
    direct[kind] = Object.fromEntries(
      names.map((name) => [name, packages[`node_modules/${name}`].resolved]),
    );
  }
  const { dependencies, devDependencies } = direct;
  const root = { ...lock.packages[''], dependencies, devDependencies };
  return {
    manifest: direct,
    lock: { ...lock, packages: { ...lock.packages, ...packages, '': root } },
  };
}
