import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa, ExecaError } from 'execa';
import { projectRoot, type Bench } from './host.js';
import { runTapboot, type TapbootPlace } from './run-tapboot.js';

/**
 * The tree of an earlier commit, set up beside ours: unpacked from git below the benchmark's
 * directory, with its own node_modules, its own build and a cache of its own (image, verdict on
 * KVM, snapshots), filled by one run. Nothing of it outlives the benchmark.
 *
 * @returns the reason where it cannot be had: no git, no such commit, no package registry
 */
export async function obtainBaseline(
  bench: Bench,
  commit: string,
): Promise<TapbootPlace | { unmeasured: string }> {
  const tree = join(bench.directory, 'baseline');
  const archive = join(bench.directory, 'baseline.tar');
  const cache = join(bench.directory, 'baseline-cache');
  const place: TapbootPlace = {
    tree,
    cwd: tree,
    // The second by the names of version 0.1 and of today: the user's own stay out of it.
    env: {
      XDG_CACHE_HOME: cache,
      TAPBOOT_STATE_DIR: join(cache, 'snapshots'),
      TAPBOOT_SNAPSHOT_DIR: join(cache, 'snapshots'),
      BOOT_IMAGE_VM_LEDGER_PATH: join(cache, 'ledger.jsonl'),
    },
  };
  try {
    await execa('git', ['archive', '--format=tar', `--output=${archive}`, commit], {
      cwd: projectRoot,
    });
    mkdirSync(tree);
    await execa('tar', ['-C', tree, '-xf', archive]);
    await execa(process.execPath, ['bin/setup.mjs', 'prepare', '--no-install'], {
      cwd: tree,
      env: place.env,
    });
    await runTapboot(bench, place, []);
    return place;
  } catch (error) {
    const text = error instanceof ExecaError ? error.message : String(error);
    return { unmeasured: `the tree of ${commit} cannot be had: ${text.trim().slice(0, 600)}` };
  }
}
