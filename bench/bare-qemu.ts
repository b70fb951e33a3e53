// The floor: QEMU driven by as little as will do. Nothing here is tapboot's.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, createWriteStream, openSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';

/** A QEMU with its three sockets; `-incoming defer` is served from `fd:3`. */
export interface BareQemu {
  child: ChildProcess;
  qmp: Socket;
  console: Socket;
  shell: Socket;
}

const accept = (path: string): Promise<Socket> =>
  new Promise((resolve) => {
    rmSync(path, { force: true });
    const server = createServer((socket) => {
      server.close();
      socket.on('error', () => undefined);
      resolve(socket);
    }).listen(path);
  });

/** Replaces the socket paths of a recorded argument vector by ones in `directory`. */
export function argvIn(argv: readonly string[], directory: string): string[] {
  return argv.map((word) =>
    word.replace(/path=[^,]*\/(qmp|console|shell)(?=,|$)/, (_, name: string) => {
      return `path=${join(directory, name)}`;
    }),
  );
}

export async function startBare(
  executable: string,
  argv: readonly string[],
  directory: string,
  state?: string,
): Promise<BareQemu> {
  const sockets = ['qmp', 'console', 'shell'].map((name) => accept(join(directory, name)));
  const fd = state === undefined ? undefined : openSync(state, 'r');
  const child = spawn(executable, argvIn(argv, directory), {
    stdio: ['ignore', 'ignore', 'inherit', ...(fd === undefined ? [] : [fd])],
  });
  if (fd !== undefined) closeSync(fd);
  const [qmp, console, shell] = (await Promise.all(sockets)) as [Socket, Socket, Socket];
  return { child, qmp, console, shell };
}

/** Waits until `stream` has said something that matches. */
export const heard = (stream: Socket, pattern: RegExp): Promise<string> =>
  new Promise((resolve) => {
    let text = '';
    const listen = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      if (!pattern.test(text)) return;
      stream.off('data', listen);
      resolve(text);
    };
    stream.on('data', listen);
  });

/** One QMP command, awaited by its `return`. */
async function command(qmp: Socket, name: string, args: object = {}): Promise<void> {
  const answer = heard(qmp, /"return"/);
  qmp.write(`${JSON.stringify({ execute: name, arguments: args })}\n`);
  await answer;
}

/**
 * From a started `-incoming defer` to a guest that runs.
 * @param capability of the migration that the form of RAM needs
 */
export async function resumeBare({ qmp }: BareQemu, capability?: string): Promise<void> {
  await command(qmp, 'qmp_capabilities');
  const wanted = ['events', ...(capability === undefined ? [] : [capability])];
  await command(qmp, 'migrate-set-capabilities', {
    capabilities: wanted.map((name) => ({ capability: name, state: true })),
  });
  const done = heard(qmp, /"completed"/);
  await command(qmp, 'migrate-incoming', { uri: 'fd:3' });
  await done;
  await command(qmp, 'cont');
}

/** Saves RAM and devices of a running guest to `file`, through a socket. */
export async function saveBare({ qmp }: BareQemu, file: string, directory: string): Promise<void> {
  const path = join(directory, 'save');
  await command(qmp, 'stop');
  await command(qmp, 'migrate-set-parameters', { 'max-bandwidth': 2 ** 40 });
  const stream = accept(path);
  await command(qmp, 'migrate', { uri: `unix:${path}` });
  const target = createWriteStream(file);
  const written = new Promise<void>((resolve) => target.once('close', resolve));
  (await stream).pipe(target);
  await written;
  await command(qmp, 'cont');
}

/** One round trip on the raw virtio-serial socket. */
export async function askShell(shell: Socket, script: string, count: number): Promise<void> {
  const mark = `bench-${String(count)}-`;
  const answer = heard(shell, new RegExp(`${mark}done`));
  shell.write(`${script}; echo ${mark}"done"\n`);
  await answer;
}

export async function stopBare({ child, qmp, console, shell }: BareQemu): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
  for (const socket of [qmp, console, shell]) socket.destroy();
}
