import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { TapbootError } from '../../../../driver/errors.js';
import { QemuProcess } from '../../../../driver/machine/qemu/process.js';
import { QmpClient } from '../../../../driver/machine/qemu/qmp.js';
import { listenOnce } from '../../../../driver/machine/qemu/socket.js';

async function pausedQemu(t: {
  teardown(close: () => Promise<void>): void;
}): Promise<{ qmp: QmpClient; qemu: QemuProcess }> {
  const directory = await mkdtemp(join(tmpdir(), 'tapboot-test-'));
  const socket = await listenOnce(join(directory, 'qmp'));
  const qemu = await QemuProcess.spawn({
    executable: 'qemu-system-x86_64',
    argv: [
      ...[
        '-S',
        '-nodefaults',
        '-no-user-config',
        '-display',
        'none',
        '-machine',
        'pc',
        '-m',
        '16M',
      ],
      ...['-chardev', `socket,id=qmp,path=${socket.path},server=off`],
      ...['-mon', 'chardev=qmp,mode=control'],
    ],
    log: () => undefined,
  });
  t.teardown(async () => {
    await qemu.kill();
    await socket.close();
    await rm(directory, { recursive: true, force: true });
  });
  return { qmp: await QmpClient.connect(await socket.connection), qemu };
}

t.test('commands, errors and events of a real QEMU', async (t) => {
  const { qmp } = await pausedQemu(t);
  t.match(await qmp.execute('query-status'), { status: 'prelaunch', running: false });
  t.match(await qmp.hmp('info status'), /paused/);
  await t.rejects(qmp.execute('no-such-command'), {
    failureClass: 'infra',
    code: 'TAPBOOT_E_QMP_COMMAND',
    message: /no-such-command/,
  });
  const resumed = qmp.nextEvent('RESUME');
  await qmp.execute('cont');
  t.equal((await resumed).name, 'RESUME');
  t.match(await qmp.execute('query-status'), { running: true });
});

t.test('concurrent commands get their own answers', async (t) => {
  const { qmp } = await pausedQemu(t);
  const [status, version, name] = await Promise.all([
    qmp.execute('query-status'),
    qmp.execute('query-version'),
    qmp.execute('query-kvm'),
  ]);
  t.match(status, { status: 'prelaunch' });
  t.match(version, { qemu: { major: Number } });
  t.match(name, { present: Boolean });
});

t.test('when QEMU dies, what is pending and what comes later is refused', async (t) => {
  const { qmp, qemu } = await pausedQemu(t);
  const waiting = qmp.nextEvent('SHUTDOWN');
  const refused = t.rejects(waiting, { code: 'TAPBOOT_E_QMP_CLOSED' });
  await qemu.kill();
  await refused;
  await t.rejects(qmp.execute('query-status'), TapbootError);
});

t.test('a wait for an event can be aborted', async (t) => {
  const { qmp } = await pausedQemu(t);
  const abort = new AbortController();
  const waiting = qmp.nextEvent('SHUTDOWN', undefined, abort.signal);
  abort.abort(new Error('enough'));
  await t.rejects(waiting, /enough/);
});
