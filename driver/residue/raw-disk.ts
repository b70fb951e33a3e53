import { open, type FileHandle } from 'node:fs/promises';
import { infraError } from '../errors.js';

/** A raw disk image, opened read-only. Closing is idempotent. */
export class RawDisk implements AsyncDisposable {
  readonly path: string;
  /** Bytes from the first to the last. */
  readonly size: number;
  readonly #file: FileHandle;
  #closed = false;

  private constructor(path: string, size: number, file: FileHandle) {
    this.path = path;
    this.size = size;
    this.#file = file;
  }

  /** @throws TapbootError `infra` TAPBOOT_E_DISK_UNREADABLE when `path` is not a readable regular file. */
  static async open(path: string): Promise<RawDisk> {
    let file: FileHandle;
    try {
      file = await open(path, 'r');
    } catch (cause) {
      throw unreadable(path, cause);
    }
    try {
      const stat = await file.stat();
      if (!stat.isFile()) throw new Error('it is not a regular file');
      return new RawDisk(path, stat.size, file);
    } catch (cause) {
      await file.close();
      throw unreadable(path, cause);
    }
  }

  /** Fills `target` from `offset` on; what lies outside the disk reads as zeros. */
  async readInto(target: Buffer, offset: number): Promise<void> {
    const from = Math.max(offset, 0);
    const to = Math.min(offset + target.length, this.size);
    target.fill(0, 0, Math.min(target.length, Math.max(from - offset, 0)));
    let done = from;
    while (done < to) {
      const { bytesRead } = await this.#read(target, done - offset, to - done, done);
      if (bytesRead === 0) throw unreadable(this.path, new Error('it shrank while it was read'));
      done += bytesRead;
    }
    target.fill(0, Math.max(Math.min(done - offset, target.length), 0));
  }

  /** Like `readInto`, into a new buffer of exactly `length` bytes. */
  async read(offset: number, length: number): Promise<Buffer> {
    const target = Buffer.allocUnsafe(length);
    await this.readInto(target, offset);
    return target;
  }

  async #read(
    target: Buffer,
    at: number,
    length: number,
    position: number,
  ): Promise<{ bytesRead: number }> {
    try {
      return await this.#file.read(target, at, length, position);
    } catch (cause) {
      throw unreadable(this.path, cause);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#file.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function unreadable(path: string, cause: unknown) {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return infraError('TAPBOOT_E_DISK_UNREADABLE', `cannot read the disk image ${path}: ${reason}`, {
    expected: 'a raw disk image that this user may read',
    got: reason,
    hint: 'Check that the file exists, is readable, and that the file system holding it is healthy.',
    cause,
  });
}
