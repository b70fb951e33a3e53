// What the image is made of, downloaded while the tools that build it are being installed.
import { join } from 'node:path';
import { stage } from './progress.mjs';
import { runChild } from './run-child.mjs';
import { tree } from './tree.mjs';

/**
 * Downloads the image's packages with the driver, which must be built. It needs apt alone. A
 * failure is no failure of set-up: the run tries again, and tells of it in full.
 * @param {string | undefined} spec SPEC of the image, if it is not the default
 * @param {AbortSignal} signal ends it
 */
export async function fetchImagePackages(spec, signal) {
  const args = ['image', 'fetch', ...(spec === undefined ? [] : [spec])];
  // Not bin/tapboot: that would wait for the lock of this tree, which is ours.
  const script = `const { main } = await import(${JSON.stringify(tree.entry)});
await main(${JSON.stringify(args)});`;
  const log = join(tree.state, 'logs', 'image-fetch.log');
  const work = async (note) => {
    note('apt-get download');
    const node = ['--input-type=module', '--eval', script];
    const { status } = await runChild(process.execPath, node, { log, signal });
    signal.throwIfAborted();
    return status === 0 ? 'downloaded' : `left to the run; what went wrong is in ${log}`;
  };
  await stage('image packages', work, { signal });
}

/** The SPEC that the arguments of a run name; undefined: the default. */
export function imageOf(args) {
  const at = args.lastIndexOf('--image');
  const word = args.findLast((arg) => arg.startsWith('--image='));
  return at >= 0 ? args[at + 1] : word?.slice('--image='.length);
}
