import { readFile } from 'node:fs/promises';
import { SshChannel } from '../channel/ssh/ssh-channel.js';
import { infraError } from '../errors.js';
import { sleep } from '../host/timers.js';
import { liveConnections, type Connection } from '../record/connections.js';
import { followFile } from './follow-file.js';
import { rootShell, type RootLogin } from './root-shell.js';
import type { PersonsTerminal } from './ssh-terminal.js';

/** Whether a machine still runs is looked at so often: it is another process's. */
const LOOK_MS = 300;

/** Bytes of the console shown at first: about a screen. */
const SHOWN_BYTES = 4096;

/** A day: commands of people take as long as they take. */
const NO_LIMIT_MS = 24 * 3_600_000;
const OUTPUT_LIMIT = 64 * 1024 ** 2;

/** The console of a machine of another process, until it ends or `signal` is aborted. */
export async function tailConsole(
  connection: Connection,
  write: (chunk: Uint8Array) => void,
  signal: AbortSignal,
): Promise<void> {
  const stop = untilGone(connection, signal);
  await followFile(connection.serialLog, { from: SHOWN_BYTES, write, stop });
}

async function untilGone({ vm, process: { pid } }: Connection, signal: AbortSignal): Promise<void> {
  const runs = (): boolean =>
    liveConnections().some((one) => one.vm === vm && one.process.pid === pid);
  while (!signal.aborted && runs()) {
    // Aborted: the loop sees it.
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** A root shell on a terminal, in a machine of another process. */
export async function attachShell(
  connection: Connection,
  terminal: PersonsTerminal,
  signal: AbortSignal,
): Promise<number> {
  return await rootShell(await loginTo(connection), terminal, signal);
}

/** What a command in a machine of another process left behind. */
export async function attachCommand(
  connection: Connection,
  command: string,
  signal: AbortSignal,
): Promise<{ stdout: string; stderr: string; exitStatus: number | null }> {
  const login = await loginTo(connection);
  await using channel = new SshChannel({ host: '127.0.0.1', ...login });
  const limits = { timeoutMs: NO_LIMIT_MS, outputLimit: OUTPUT_LIMIT, signal };
  return await channel.run(command, limits);
}

async function loginTo({ vm, ssh, keyFile }: Connection): Promise<RootLogin> {
  const hostKey = ssh?.hostKey;
  if (ssh === undefined || hostKey === undefined) {
    throw infraError('TAPBOOT_E_ATTACH_NO_SSH', `${vm} has no ssh yet`, {
      got: ssh === undefined ? 'no network, or still booting' : 'its host key is not known yet',
      hint: 'Use its console: `tapboot attach` without --shell.',
    });
  }
  return { port: ssh.port, hostKey, privateKey: await readFile(keyFile, 'utf8') };
}
