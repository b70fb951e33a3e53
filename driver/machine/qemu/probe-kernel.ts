import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BootImage } from '../../image/image.js';

/**
 * A Linux kernel to probe the accelerator with: the image's own where it is at hand as a
 * file, else the newest one that the host has in /boot. Undefined when there is neither.
 */
export async function probeKernel(image: BootImage, boot = '/boot'): Promise<string | undefined> {
  if (image.medium.kind === 'direct') return image.medium.kernel;
  const names = await readdir(boot).catch(() => []);
  const kernels = names.filter((name) => name.startsWith('vmlinuz-')).sort();
  const newest = kernels.at(-1);
  return newest === undefined ? undefined : join(boot, newest);
}
