import { connectSsh } from '../channel/ssh/connection.js';
import { sshTerminal, type PersonsTerminal } from './ssh-terminal.js';

/** Milliseconds for the connection; sshd is known to be there. */
const CONNECT_MS = 30_000;

/** Where a machine's sshd is, and who logs in to it. */
export interface RootLogin {
  port: number;
  /** Pinned, OpenSSH public format. */
  hostKey: string;
  /** OpenSSH private key. */
  privateKey: string;
}

/**
 * A root shell over SSH on a terminal, until it ends.
 * @returns its exit status
 * @throws TapbootError as `connectSsh`
 */
export async function rootShell(
  login: RootLogin,
  terminal: PersonsTerminal,
  signal?: AbortSignal,
): Promise<number> {
  const client = await connectSsh({ host: '127.0.0.1', ...login }, CONNECT_MS, signal);
  try {
    return await sshTerminal(client, terminal, signal);
  } finally {
    client.end();
  }
}

/** The same login as a command line; the key is checked by who made it, so ssh need not. */
export function sshCommandLine({ port, keyFile }: { port: number; keyFile: string }): string {
  return (
    `ssh -i ${keyFile} -p ${String(port)} -o StrictHostKeyChecking=no ` +
    '-o UserKnownHostsFile=/dev/null root@127.0.0.1'
  );
}
