import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { infraError } from '../../errors.js';
import { awaitedLater } from '../../host/waiting.js';

/** A Unix socket that the driver listens on and exactly one peer, QEMU, connects to. */
export interface ListeningSocket extends AsyncDisposable {
  readonly path: string;
  /** Resolves with the peer's connection; rejects when closed before anyone came. */
  readonly connection: Promise<Socket>;
  close(): Promise<void>;
}

/** sun_path of Linux holds 107 bytes and a NUL (unix(7)). */
const MAX_PATH_BYTES = 107;

/**
 * Listens on `path`. QEMU connects to us (`server=off`) rather than the other way
 * round: the guest then sees its port connected from the first instruction on, and
 * there is nothing to poll for.
 * @throws TapbootError `infra` TAPBOOT_E_SOCKET_PATH when the path is too long
 */
export async function listenOnce(path: string): Promise<ListeningSocket> {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw infraError('TAPBOOT_E_SOCKET_PATH', `the socket path is too long: ${path}`, {
      expected: `at most ${String(MAX_PATH_BYTES)} bytes`,
      got: `${String(Buffer.byteLength(path))} bytes`,
      hint: 'Set TMPDIR to a directory with a shorter path.',
    });
  }
  const server = createServer();
  let peer: Socket | undefined;
  const connection = new Promise<Socket>((resolve, reject) => {
    server.once('connection', (socket) => {
      peer = socket;
      // A peer that is killed resets the connection; users of the stream listen to
      // `close`, and an unhandled `error` must not take the driver down.
      socket.on('error', () => undefined);
      server.close();
      resolve(socket);
    });
    server.once('close', () => {
      if (peer === undefined) {
        reject(infraError('TAPBOOT_E_SOCKET_UNUSED', `nobody connected to ${path}`));
      }
    });
  });
  awaitedLater(connection);
  server.listen(path);
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    peer?.destroy();
    server.close();
    await rm(path, { force: true });
  };
  return { path, connection, close, [Symbol.asyncDispose]: close };
}
