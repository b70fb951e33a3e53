import { watch } from 'node:fs';
import { open } from 'node:fs/promises';
import { startInterval } from '../host/timers.js';

/** A file system that tells of no changes is looked at so often. */
const LOOK_MS = 500;

/**
 * Gives what is written to a file, until told to stop.
 * @param from bytes from its end to begin at; 0 for what comes from now on
 * @param stop resolves when there will be no more; what is there by then is still given
 */
export async function followFile(
  path: string,
  options: { from: number; write: (chunk: Uint8Array) => void; stop: Promise<unknown> },
): Promise<void> {
  const handle = await open(path, 'r');
  const buffer = Buffer.alloc(64 * 1024);
  let position = Math.max(0, (await handle.stat()).size - options.from);
  let reading: Promise<void> = Promise.resolve();
  const readOn = async (): Promise<void> => {
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      options.write(Uint8Array.prototype.slice.call(buffer, 0, bytesRead));
    }
  };
  const look = (): void => {
    // What cannot be read now is tried again at the next look.
    reading = reading.then(readOn).catch(() => undefined);
  };
  const watcher = watch(path, look);
  const timer = startInterval(look, LOOK_MS);
  look();
  try {
    await options.stop;
    look();
    await reading;
  } finally {
    watcher.close();
    clearInterval(timer);
    await handle.close();
  }
}
