import { lstat, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { geteuid } from 'node:process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identify, liveness, readIdentity } from '../host/process-identity.js';

const PREFIX = 'tapboot-vm-';
const OWNER = 'owner.json';

/**
 * Whether the driver that made a workspace has ended. Only what this user made, and says so, is
 * looked at; a driver in another container (PID namespace) may live, whatever runs here.
 */
async function isAbandoned(directory: string): Promise<boolean> {
  const { uid } = await lstat(directory);
  if (uid !== geteuid?.()) return false;
  const text = await readFile(join(directory, OWNER), 'utf8').catch(() => undefined);
  const owner = readIdentity(text);
  return owner !== undefined && liveness(owner) === 'gone';
}

/**
 * Removes the workspaces of drivers that were killed: theirs can be told by an owner
 * file with a process that no longer runs.
 * @returns the directories removed
 */
export async function reclaimWorkspaces(parent = tmpdir()): Promise<string[]> {
  const removed: string[] = [];
  // A parent that cannot be read fails when our own workspace is made.
  for (const name of await readdir(parent).catch(() => [])) {
    if (!name.startsWith(PREFIX)) continue;
    const directory = join(parent, name);
    if (!(await isAbandoned(directory))) continue;
    await rm(directory, { recursive: true, force: true });
    removed.push(directory);
  }
  return removed;
}

/** A short-named private directory for overlays, sockets and snapshots of one run. */
export class Workspace implements AsyncDisposable {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async create(parent = tmpdir()): Promise<Workspace> {
    const directory = await mkdtemp(join(parent, PREFIX));
    await writeFile(join(directory, OWNER), JSON.stringify(identify()), { mode: 0o600 });
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
