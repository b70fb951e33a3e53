import { posix } from 'node:path';

/**
 * An absolute path within an ISO, from what a boot loader's configuration says: a GRUB device
 * (`(cd0)/…`, `(hd0,msdos1)/…`) is dropped, as the ISO is all there is, and a relative path
 * counts from `base`.
 */
export function isoPath(path: string, base = '/'): string {
  const onDevice = path.replace(/^\([^)]*\)/, '/').replace(/\\/g, '/');
  return posix.normalize(posix.resolve('/', base, onDevice));
}
