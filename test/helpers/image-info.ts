import { homedir } from 'node:os';
import { userCacheDirectory } from '../../driver/config/cache-directory.js';
import type { BootImage } from '../../driver/image/image.js';
import { provideImage } from '../../driver/image/providers.js';
import { projectRoot } from './run-tapboot.js';

/** The image that a SPEC names, in the user's cache from then on. */
export async function provideOnce(spec: string): Promise<BootImage> {
  return await provideImage(spec, {
    cacheDirectory: userCacheDirectory({ HOME: homedir(), ...process.env }),
    projectRoot,
    workingDirectory: projectRoot,
    progress: { stage: () => undefined, log: () => undefined },
  });
}

/** The kernel of an image that is booted without a boot loader. */
export async function kernelOf(spec: string): Promise<string> {
  const { medium } = await provideOnce(spec);
  if (medium.kind !== 'direct') throw new Error(`${spec} has no kernel of its own`);
  return medium.kernel;
}
