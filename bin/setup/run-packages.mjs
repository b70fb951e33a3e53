// Which of the locked packages a run needs: a tenth of what tests and tools need.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tree } from './tree.mjs';

/** What builds dist/. */
const BUILDER = 'esbuild';

/** Where `name` is found by a package that lies at `from`, as Node looks for it. */
function resolve(packages, from, name) {
  for (
    let base = from;
    ;
    base = base.slice(0, Math.max(0, base.lastIndexOf('node_modules/') - 1))
  ) {
    const path = `${base === '' ? '' : `${base}/`}node_modules/${name}`;
    if (path in packages) return path;
    if (base === '') return undefined;
  }
}

/**
 * Manifest and lock cut down to `names` and all that they depend on.
 * @param {object} manifest package.json
 * @param {object} lock package-lock.json, version 3
 * @param {string[]} names
 * @returns {{ manifest: object, lock: object }} what `npm ci` installs these packages from
 */
export function onlyPackages(manifest, lock, names) {
  const kept = new Set();
  const keep = (path) => {
    if (path === undefined || kept.has(path)) return;
    kept.add(path);
    const { dependencies, optionalDependencies } = lock.packages[path];
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies }))
      keep(resolve(lock.packages, path, name));
  };
  for (const name of names) keep(resolve(lock.packages, '', name));
  const some = (all) =>
    all && Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
  const direct = (of) => ({
    ...of,
    dependencies: some(of.dependencies),
    devDependencies: some(of.devDependencies),
  });
  const packages = Object.entries(lock.packages).flatMap(([path, entry]) =>
    path === '' ? [[path, direct(entry)]] : kept.has(path) ? [[path, entry]] : [],
  );
  return {
    manifest: direct(manifest),
    lock: { ...lock, packages: Object.fromEntries(packages) },
  };
}

/** {@link onlyPackages} of this tree: what dist/ is built with, bundles, or imports. */
export function runPackages() {
  const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
  const manifest = read(tree.manifest);
  const bundled = read(join(tree.root, 'bin', 'bundled.json'));
  const names = [...Object.keys(manifest.dependencies ?? {}), ...bundled, BUILDER];
  return onlyPackages(manifest, read(tree.lockFile), names);
}
