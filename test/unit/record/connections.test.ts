import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
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

t.test('what another user planted is not followed', async (t) => {
  const parent = t.testdir({});
  const connections = new Connections(join(parent, 'tapboot-vm-mine'), 'run', '/key');
  connections.started('mine', '/serial.log');
  const [live] = liveConnections(parent);
  const plant = async (name: string): Promise<{ workspace: string; file: string }> => {
    const workspace = join(parent, `tapboot-vm-${name}`);
    const file = join(workspace, 'connections', 'x.json');
    await mkdir(join(workspace, 'connections'), { recursive: true, mode: 0o700 });
    // The process is one that lives: anybody can read that in /proc.
    await writeFile(file, JSON.stringify({ ...live, vm: name }), { mode: 0o600 });
    return { workspace, file };
  };
  await plant('my-other');
  const open = await plant('writable');
  await chmod(open.workspace, 0o777);
  const openFile = await plant('writable-file');
  await chmod(openFile.file, 0o622);
  const linked = await plant('linked');
  await rm(linked.file);
  await symlink(join(parent, 'tapboot-vm-mine/connections/mine.json'), linked.file);
  await symlink(join(parent, 'tapboot-vm-mine'), join(parent, 'tapboot-vm-linked-workspace'));
  const fifo = await plant('fifo');
  await rm(fifo.file);
  execFileSync('mkfifo', [fifo.file]);
  if (process.getuid?.() === 0) {
    for (const part of ['workspace', 'file'] as const) {
      const foreign = await plant(`foreign-${part}`);
      await chown(foreign[part], 65534, 65534);
    }
  } else t.comment('not root: another user’s files cannot be made');
  t.same(
    liveConnections(parent)
      .map(({ vm }) => vm)
      .sort(),
    ['mine', 'my-other'],
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
