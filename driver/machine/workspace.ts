import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'tapboot-vm-';
const OWNER = 'owner';

/** Start time of a process in clock ticks since boot (proc(5), /proc/PID/stat field 22). */
async function startTime(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => undefined);
  // The second field, the program's name, may hold blanks and brackets: count from its end.
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')[19];
}

async function isAbandoned(directory: string): Promise<boolean> {
  const text = await readFile(join(directory, OWNER), 'utf8').catch(() => undefined);
  if (text === undefined) return false;
  const [pid, started] = text.split(' ');
  return (await startTime(Number(pid))) !== started;
}

/**
 * Removes the workspaces of drivers that were killed: theirs can be told by an owner
 * file with a process that no longer runs.
 * @returns the directories removed
 */
export async function reclaimWorkspaces(parent = tmpdir()): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await readdir(parent).catch(() => [])) {
    if (!name.startsWith(PREFIX)) continue;
    const directory = join(parent, name);
    if (!(await isAbandoned(directory))) continue;
    await rm(directory, { recursive: true, force: true });
    removed.push(directory);
  }
  return removed;
}

/** A short-named private directory for overlays, sockets and saved states of one run. */
export class Workspace implements AsyncDisposable {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async create(parent = tmpdir()): Promise<Workspace> {
    const directory = await mkdtemp(join(parent, PREFIX));
    const started = (await startTime(process.pid)) ?? '0';
    await writeFile(join(directory, OWNER), `${String(process.pid)} ${started}`);
    return new Workspace(directory);
  }

  /** Removes it with all that is in it. Idempotent. */
  async close(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
