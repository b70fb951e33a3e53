// A remote builder on this machine: a store of its own behind a mount namespace of its own, reached
// by a real ssh client over loopback. The server side speaks SSH by ssh2 and runs one thing only.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import ssh2 from 'ssh2';
import { SandboxedNix, type SandboxedNixOptions } from './sandboxed-nix.js';
import type { UnpackedNix } from './unpack-nix.js';

/** What nix asks an ssh-ng builder for. */
const DAEMON = /^(?:\S*\/)?nix-daemon --stdio$/;

export class SshBuilder {
  readonly name: string;
  readonly port: number;
  readonly #server: ssh2.Server;
  readonly #connections = new Set<ssh2.Connection>();
  readonly #daemons = new Set<ChildProcess>();

  private constructor(name: string, server: ssh2.Server) {
    this.name = name;
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  /**
   * @param name host name for the client
   * @param keys of this directory: `host`, and `client.pub` that may log in
   */
  static async start(
    name: string,
    keys: { host: string; client: string },
    nix: UnpackedNix,
    options: SandboxedNixOptions,
  ): Promise<SshBuilder> {
    const own = await SandboxedNix.make(nix, options);
    const allowed = ssh2.utils.parseKey(keys.client);
    if (allowed instanceof Error) throw allowed;
    const server = new ssh2.Server({ hostKeys: [keys.host] });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const builder = new SshBuilder(name, server);
    server.on('connection', (connection) => {
      builder.#accept(connection, allowed, own.program);
    });
    return builder;
  }

  #accept(connection: ssh2.Connection, allowed: ssh2.ParsedKey, program: string): void {
    this.#connections.add(connection);
    // A client that goes away mid-way is no concern of the server.
    connection.on('error', () => undefined);
    connection.on('close', () => this.#connections.delete(connection));
    connection.on('authentication', (context) => {
      const known =
        context.method === 'publickey' && context.key.data.equals(allowed.getPublicSSH());
      if (!known) context.reject(['publickey']);
      else if (context.signature === undefined || context.blob === undefined) context.accept();
      else if (allowed.verify(context.blob, context.signature, context.hashAlgo)) {
        context.accept();
      } else context.reject(['publickey']);
    });
    connection.on('session', (accept) => {
      accept().on('exec', (acceptExec, reject, { command }) => {
        if (!DAEMON.test(command)) reject();
        else this.#serve(acceptExec(), program);
      });
    });
  }

  #serve(channel: ssh2.ServerChannel, program: string): void {
    // A group of its own, to be killed as a whole.
    const daemon = spawn(program, ['daemon', '--stdio'], { detached: true });
    this.#daemons.add(daemon);
    channel.pipe(daemon.stdin);
    daemon.stdout.pipe(channel, { end: false });
    daemon.stderr.pipe(channel.stderr, { end: false });
    // The client went away: the daemon gets the end of its input.
    daemon.stdin.on('error', () => undefined);
    daemon.on('close', (exitCode) => {
      this.#daemons.delete(daemon);
      channel.exit(exitCode ?? 1);
      channel.end();
    });
  }

  #killed: Promise<void> | undefined;

  /** As when the power fails: all that runs is gone at once, and nobody answers any more. */
  async kill(): Promise<void> {
    await (this.#killed ??= this.#kill());
  }

  async #kill(): Promise<void> {
    const closed = [...this.#daemons].map((daemon) => once(daemon, 'close'));
    for (const { pid } of this.#daemons) if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    for (const connection of this.#connections) connection.end();
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    await Promise.all(closed);
  }
}

/** Keys, and a configuration for ssh by which `builders` are hosts. */
export async function makeKeys(directory: string): Promise<{
  keys: { host: string; client: string };
  configure: (builders: readonly SshBuilder[]) => Promise<string>;
}> {
  await mkdir(directory, { recursive: true });
  const host = ssh2.utils.generateKeyPairSync('ed25519');
  const client = ssh2.utils.generateKeyPairSync('ed25519');
  const identity = join(directory, 'id_ed25519');
  await writeFile(identity, client.private);
  await chmod(identity, 0o600);
  const configure = async (builders: readonly SshBuilder[]): Promise<string> => {
    const knownHosts = join(directory, 'known_hosts');
    const lines = builders.map(({ port }) => `[127.0.0.1]:${String(port)} ${host.public}`);
    await writeFile(knownHosts, `${lines.join('\n')}\n`);
    const file = join(directory, 'config');
    const entries = builders.map(({ name, port }) =>
      [
        `Host ${name}`,
        '  HostName 127.0.0.1',
        `  Port ${String(port)}`,
        '  User root',
        `  IdentityFile ${identity}`,
        '  IdentitiesOnly yes',
        `  UserKnownHostsFile ${knownHosts}`,
        '  StrictHostKeyChecking yes',
        '  BatchMode yes',
        '  ConnectTimeout 5',
      ].join('\n'),
    );
    await writeFile(file, `${entries.join('\n')}\n`);
    return file;
  };
  return { keys: { host: host.private, client: client.public }, configure };
}
