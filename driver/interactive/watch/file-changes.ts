import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { watch, type FSWatcher } from 'chokidar';
import { startTimer } from '../../host/timers.js';

/** Milliseconds of quiet after a change: an editor's save is several events. */
const SETTLE_MS = 60;

const isYaml = (name: string): boolean => /\.ya?ml$/.test(name);

/**
 * Tells of changes to YAML files at some places: scenarios, and the plans beside them. A file
 * is watched through its directory, since editors replace files instead of writing to them.
 */
export class FileChanges implements AsyncDisposable {
  readonly #watcher: FSWatcher;
  readonly #changed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  /** A change has settled that nobody has been told of. */
  #pending = false;
  #wake: (() => void) | undefined;

  private constructor(watcher: FSWatcher) {
    this.#watcher = watcher;
    watcher.on('all', (_event, path) => {
      if (isYaml(basename(path))) this.#note(path);
    });
  }

  /**
   * @param places files and directories, absolute
   * @param failed takes the error of a directory that is not watched, or no longer
   * @throws the file system's error for a place that is not there
   */
  static async at(
    places: readonly string[],
    failed: (error: unknown) => void,
  ): Promise<FileChanges> {
    const directories = new Set<string>();
    for (const place of places) {
      directories.add((await stat(place)).isDirectory() ? place : dirname(place));
    }
    const watcher = watch([...directories], { ignoreInitial: true, atomic: SETTLE_MS });
    // A directory that cannot be watched ends its own watching, not the process.
    watcher.on('error', failed);
    await new Promise<void>((resolve) => watcher.once('ready', resolve));
    return new FileChanges(watcher);
  }

  #note(path: string): void {
    this.#changed.add(path);
    clearTimeout(this.#timer);
    this.#timer = startTimer(() => {
      this.#pending = true;
      this.#wake?.();
    }, SETTLE_MS);
  }

  /**
   * Waits for the next change; one that came since the last call counts.
   * @returns the files that changed; empty when `signal` was aborted first
   */
  async next(signal: AbortSignal): Promise<string[]> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
      if (signal.aborted || this.#pending) resolve();
    });
    this.#wake = undefined;
    this.#pending = false;
    const changed = signal.aborted ? [] : [...this.#changed].sort();
    this.#changed.clear();
    return changed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    await this.#watcher.close();
  }
}
