import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { geteuid } from 'node:process';
import { join } from 'node:path';
import { z } from 'zod';
import type { NewEvent } from '../events/events.js';
import { identify, liveness, processIdentitySchema } from '../host/process-identity.js';
import { safeName } from '../safe-name.js';

/** Directory below a workspace, a file for each running machine. */
const DIRECTORY = 'connections';

const connectionSchema = z.object({
  /** Of the driver. */
  process: processIdentitySchema,
  /** Name of the run directory, or of the command that made the machine. */
  run: z.string(),
  vm: z.string(),
  /** ISO 8601. */
  startedAt: z.iso.datetime(),
  /** All that the console has said; written as it comes. */
  serialLog: z.string(),
  /** Private key that lets root in. */
  keyFile: z.string(),
  ssh: z
    .object({
      port: z.int().positive(),
      /** Pinned, OpenSSH public format; absent while it is not known. */
      hostKey: z.string().optional(),
    })
    .optional(),
});

/** How to reach a running machine from another process of the same user. */
export type Connection = z.infer<typeof connectionSchema>;

/**
 * Tells other processes of this user how to reach the machines of this one: a file each, in
 * the private workspace, mode 0600.
 */
export class Connections {
  readonly #directory: string;
  readonly #common: Pick<Connection, 'process' | 'run' | 'keyFile'>;
  readonly #known = new Map<string, Connection>();

  /** @param workspace as driver/machine/workspace.ts makes it */
  constructor(workspace: string, run: string, keyFile: string) {
    this.#directory = join(workspace, DIRECTORY);
    this.#common = { process: identify(), run, keyFile };
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
  }

  /** @param serialLog where a machine's console is written to */
  handle(event: NewEvent, serialLog: (vm: string) => string): void {
    if (event.type === 'vm:start') this.started(event.vm, serialLog(event.vm));
    else if (event.type === 'vm:end') this.ended(event.vm);
  }

  /** QEMU has been started. */
  started(vm: string, serialLog: string): void {
    const startedAt = new Date().toISOString();
    const ssh = this.#known.get(vm)?.ssh;
    this.#write({ ...this.#common, ssh, vm, startedAt, serialLog });
  }

  /** SSH is to be had. */
  ssh(vm: string, ssh: { port: number; hostKey: string | undefined }): void {
    const known = this.#known.get(vm);
    if (known === undefined) return;
    // A reboot gives another port; the key stays, though it is not seen at once.
    const { port, hostKey = known.ssh?.hostKey } = ssh;
    this.#write({ ...known, ssh: { port, hostKey } });
  }

  ended(vm: string): void {
    if (this.#known.delete(vm)) rmSync(this.#file(vm), { force: true });
  }

  #write(connection: Connection): void {
    this.#known.set(connection.vm, connection);
    writeFileSync(this.#file(connection.vm), JSON.stringify(connection), { mode: 0o600 });
  }

  #file(vm: string): string {
    return join(this.#directory, `${safeName(vm)}.json`);
  }
}

/**
 * The machines of this user that run now, the one started last first. In a directory for all users
 * anybody can put something that looks like a workspace: what is not this user's own, and writable
 * for nobody else, is passed over.
 */
export function liveConnections(parent = tmpdir()): Connection[] {
  const found = listed(parent)
    .filter((name) => name.startsWith('tapboot-vm-'))
    .flatMap((name) => {
      const workspace = join(parent, name);
      const directory = join(workspace, DIRECTORY);
      if (![workspace, directory].every(isOwnDirectory)) return [];
      return listed(directory).flatMap((file) => readConnection(join(directory, file)));
    });
  return found.sort((a, b) => b.startedAt.localeCompare(a.startedAt));
}

const isOwn = ({ uid, mode }: Stats): boolean => uid === geteuid?.() && (mode & 0o022) === 0;

function isOwnDirectory(path: string): boolean {
  const facts = lstatSync(path, { throwIfNoEntry: false });
  return facts?.isDirectory() === true && isOwn(facts);
}

/** Others' workspaces cannot be read, and are none of ours. */
function listed(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** What is half-written, another user's, or of a driver that was killed, leads nowhere. */
function readConnection(file: string): Connection[] {
  let descriptor: number | undefined;
  try {
    // Looked at as it is opened: no link is followed, and no FIFO waited for.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const facts = fstatSync(descriptor);
    if (!facts.isFile() || !isOwn(facts)) return [];
    const parsed = connectionSchema.safeParse(JSON.parse(readFileSync(descriptor, 'utf8')));
    return parsed.success && liveness(parsed.data.process) === 'alive' ? [parsed.data] : [];
  } catch {
    return [];
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
