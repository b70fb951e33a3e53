import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { tree } from './tree.mjs';
import { say, stage } from './progress.mjs';
import { checkNodeVersion } from './node-version.mjs';
import { cacheDirectory, checkDiskSpace, GIB, makeCacheDirectory, MIB } from './disk-space.mjs';
import { installPackages, lacking, packagesToInstall } from './install-packages.mjs';
import { ensureNodePackages, nodePackagesCurrent } from './node-packages.mjs';
import { ensureBuild } from './build.mjs';
import { fetchImagePackages } from './image-packages.mjs';
import { sideBySide } from './side-by-side.mjs';
import { withTreeLock } from './tree-lock.mjs';

/**
 * What is about to be written, and where. Measured: node_modules takes 220 MiB and npm's cache
 * as much; the Debian packages 700 MiB unpacked; building an image 1.5 GiB at its peak, a run's
 * disk overlays and saved states the rest. A warm tree or cache needs only what a run writes.
 */
export function spaceNeeds(purpose, env = process.env) {
  const cache = cacheDirectory(env);
  const warm = existsSync(join(cache, 'images'));
  const needs = [
    nodePackagesCurrent(purpose)
      ? { path: tree.root, bytes: 100 * MIB, what: 'for the build and the run directories' }
      : {
          path: tree.root,
          bytes: GIB,
          what: 'for node_modules, the build and the run directories',
        },
    warm
      ? { path: cache, bytes: GIB, what: 'for a run' }
      : { path: cache, bytes: 3 * GIB, what: 'for the image, its packages and a run' },
  ];
  if (lacking(purpose, env).length > 0) {
    needs.push({ path: '/usr', bytes: GIB, what: 'for Debian packages' });
  }
  return needs;
}

/**
 * Everything between a fresh clone and a first run. What can be refused is refused before
 * anything is changed; then apt works while npm does, since neither needs the other, and once the driver is
 * built it downloads the image's packages while their tools are still being installed.
 * @param {'run' | 'test'} purpose
 * @param {{ mayInstall: boolean, hostPackages?: boolean, image?: string }} options
 *   `hostPackages: false` for a command that only prints; `image`: SPEC, if not the default
 * @throws {import('./setup-error.mjs').SetupError}
 */
export async function prepare(purpose, { mayInstall, hostPackages = true, image }) {
  await stage('node', () => checkNodeVersion(), { quiet: true });
  await withTreeLock(async () => {
    await stage(
      'disk space',
      () => {
        makeCacheDirectory(cacheDirectory());
        return checkDiskSpace(spaceNeeds(purpose));
      },
      { quiet: true },
    );
    const missing = hostPackages ? await packagesToInstall(purpose, { mayInstall }) : [];
    const start = performance.now();
    let tell;
    /** Whether apt's lists have been fetched: before that, the image would fetch its own. */
    const fetched = new Promise((resolve) => (tell = resolve));
    await sideBySide([
      (signal) =>
        installPackages(purpose, missing, signal, () => tell(true)).finally(() => tell(false)),
      async (signal) => {
        await ensureNodePackages(purpose, signal);
        signal.throwIfAborted();
        await ensureBuild();
        const lists = await fetched;
        signal.throwIfAborted();
        if (lists) await fetchImagePackages(image, signal);
      },
    ]);
    // The times of what went on side by side do not add up.
    const took = performance.now() - start;
    if (took > 1000) say(`set-up: ready after ${(took / 1000).toFixed(1)} s`);
  });
}
