import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import t from 'tap';
import { waitForSshBanner } from '../../../../driver/channel/ssh/banner.js';

async function serve(
  handle: (socket: Socket) => void,
): Promise<{ port: number; close: () => void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    handle(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

t.test('a greeting in two pieces, behind another line, after a refusal', async (t) => {
  let connections = 0;
  const { port, close } = await serve((socket) => {
    if (++connections === 1) return socket.destroy();
    socket.write('welcome\r\nSSH-2.0-');
    setImmediate(() => socket.write('Test_1\r\n'));
  });
  t.teardown(close);
  t.equal(await waitForSshBanner('127.0.0.1', port, { timeoutMs: 10_000 }), 'SSH-2.0-Test_1');
  t.equal(connections, 2);
});

t.test('silence is one held connection, and an error that says so', async (t) => {
  let connections = 0;
  const { port, close } = await serve(() => connections++);
  t.teardown(close);
  await t.rejects(waitForSshBanner('127.0.0.1', port, { timeoutMs: 400 }), {
    code: 'TAPBOOT_E_SSH_BANNER',
    failureClass: 'guest-dead',
    details: { got: 'the connection stayed silent' },
  });
  t.equal(connections, 1, 'no storm of connections');
});
