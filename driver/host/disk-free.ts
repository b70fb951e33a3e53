import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Bytes that an ordinary process may still write below `path`. A path that is not there yet
 * counts as its nearest parent that is.
 */
export async function diskFree(path: string): Promise<number> {
  for (let at = path; ; at = dirname(at)) {
    try {
      const { bavail, bsize } = await statfs(at);
      return bavail * bsize;
    } catch (error) {
      if (at === dirname(at)) throw error;
    }
  }
}
