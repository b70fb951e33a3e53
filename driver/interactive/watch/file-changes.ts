import { watch, type FSWatcher } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { startTimer } from '../../host/timers.js';

/** Milliseconds of quiet after a change: an editor's save is several events. */
const SETTLE_MS = 60;

const isYaml = (name: string): boolean => /\.ya?ml$/.test(name);

/**
 * A directory and all below it. Each is watched for itself: Node's recursive watching on
 * Linux follows single files, and loses one that is replaced.
 */
async function tree(top: string): Promise<string[]> {
  const entries = await readdir(top, { recursive: true, withFileTypes: true });
  const below = entries.filter((entry) => entry.isDirectory());
  return [top, ...below.map((entry) => join(entry.parentPath, entry.name))];
}

/**
 * Tells of changes to YAML files at some places: scenarios, and the plans beside them. A file
 * is watched through its directory, since editors replace files instead of writing to them.
 */
export class FileChanges implements Disposable {
  readonly #watchers: FSWatcher[];
  readonly #changed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  /** A change has settled that nobody has been told of. */
  #pending = false;
  #wake: (() => void) | undefined;

  private constructor(watchers: FSWatcher[]) {
    this.#watchers = watchers;
  }

  /**
   * @param places files and directories, absolute
   * @throws the file system's error for a place that is not there
   */
  static async at(places: readonly string[]): Promise<FileChanges> {
    const watchers: FSWatcher[] = [];
    const changes = new FileChanges(watchers);
    const directories = new Set<string>();
    for (const place of places) {
      if ((await stat(place)).isDirectory()) {
        for (const directory of await tree(place)) directories.add(directory);
      } else {
        directories.add(dirname(place));
      }
    }
    for (const directory of directories) {
      const watcher = watch(directory, (_event, name) => {
        if (name !== null && isYaml(basename(name))) changes.#note(join(directory, name));
      });
      // A directory that vanishes later ends its watching, not the process.
      watcher.on('error', () => watcher.close());
      watchers.push(watcher);
    }
    return changes;
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

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers) watcher.close();
  }
}
