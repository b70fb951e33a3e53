import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import t from 'tap';
import { connectSsh, type SshTarget } from '../../../../driver/channel/ssh/connection.js';
import { generateKeyPair } from '../../../../driver/channel/ssh/key-pair.js';
import { SshChannel } from '../../../../driver/channel/ssh/ssh-channel.js';

/** A server that speaks no SSH: what it does with a connection is the test's. */
async function server(
  t: { teardown(close: () => void): void },
  onConnection: (socket: Socket) => void,
): Promise<SshTarget> {
  const sockets = new Set<Socket>();
  const listening = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    onConnection(socket);
  }).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    listening.close();
  });
  const { port } = listening.address() as AddressInfo;
  const { privateKey, publicKey } = generateKeyPair();
  return { host: '127.0.0.1', port, privateKey, hostKey: publicKey };
}

t.test('a peer that goes away in the middle of the handshake is tried again', async (t) => {
  let attempts = 0;
  const target = await server(t, (socket) => {
    attempts++;
    socket.write('SSH-2.0-gone\r\n');
    socket.once('data', () => socket.end());
  });
  await t.rejects(connectSsh(target, 1500), { code: 'TAPBOOT_E_SSH_UNREACHABLE' });
  t.ok(attempts > 1, `${String(attempts)} attempts`);
});

t.test('closing the channel gives up a connection that is being made', async (t) => {
  let arrive: () => void = () => undefined;
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const channel = new SshChannel(
    await server(t, () => {
      arrive();
    }),
  );
  const refused = t.rejects(channel.run('true', { timeoutMs: 60_000 }), {
    code: 'TAPBOOT_E_SSH_CLOSED',
  });
  await arrived;
  await channel.close();
  await refused;
});
