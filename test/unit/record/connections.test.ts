import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { chooseConnection } from '../../../driver/interactive/choose.js';
import { Connections, liveConnections } from '../../../driver/record/connections.js';

t.test('a machine is found while it runs, with its way in', async (t) => {
  const parent = t.testdir({
    'tapboot-vm-a': {},
    'tapboot-vm-broken': { connections: { 'x.json': '{' } },
  });
  const connections = new Connections(join(parent, 'tapboot-vm-a'), 'run-1', '/key');
  connections.started('web', '/serial.log');
  t.match(liveConnections(parent), [{ vm: 'web', run: 'run-1', serialLog: '/serial.log' }]);
  const file = join(parent, 'tapboot-vm-a/connections/web.json');
  t.equal((await stat(file)).mode & 0o777, 0o600);
  connections.ssh('web', { port: 2222, hostKey: 'ssh-ed25519 AAAA' });
  connections.ssh('web', { port: 3333, hostKey: undefined });
  t.match(liveConnections(parent), [{ ssh: { port: 3333, hostKey: 'ssh-ed25519 AAAA' } }]);
  connections.ended('web');
  t.same(liveConnections(parent), []);
});

t.test('what a killed driver left leads nowhere', async (t) => {
  const parent = t.testdir({});
  const directory = join(parent, 'tapboot-vm-dead/connections');
  await mkdir(directory, { recursive: true });
  const connections = new Connections(join(parent, 'tapboot-vm-live'), 'run', '/key');
  connections.started('vm', '/serial.log');
  const [live] = liveConnections(parent);
  const process = { ...live?.process, start_ticks: '1' };
  await writeFile(join(directory, 'x.json'), JSON.stringify({ ...live, vm: 'dead', process }));
  t.same(
    liveConnections(parent).map(({ vm }) => vm),
    ['vm'],
  );
});

t.test('which machine is meant', async (t) => {
  const parent = t.testdir({});
  const connections = new Connections(join(parent, 'tapboot-vm-b'), '2026-vm-run', '/key');
  t.throws(() => chooseConnection([], undefined), { code: 'TAPBOOT_E_ATTACH' });
  connections.started('one', '/1');
  t.equal(chooseConnection(liveConnections(parent), undefined).vm, 'one');
  connections.started('two', '/2');
  const both = liveConnections(parent);
  t.equal(chooseConnection(both, 'two').vm, 'two');
  t.throws(() => chooseConnection(both, '2026'), { message: 'several machines run' });
  t.throws(() => chooseConnection(both, 'three'), { message: 'no machine or run is called three' });
});
