import { open } from 'node:fs/promises';
import { LARGEST_FILE } from './parse.js';

/** A character of the text takes at most three bytes: whatever is cut is too large to be parsed. */
const MOST_BYTES = 4 * LARGEST_FILE;

/**
 * The text of a YAML file, for `parseYaml`; of one that is too large for that, the beginning. A
 * name in somebody's repository may lead to `/dev/zero`.
 * @throws the system's error when it cannot be read
 */
export async function readYamlText(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(MOST_BYTES);
    let length = 0;
    while (length < MOST_BYTES) {
      const { bytesRead } = await file.read(buffer, length, MOST_BYTES - length, null);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return buffer.toString('utf8', 0, length);
  } finally {
    await file.close();
  }
}
