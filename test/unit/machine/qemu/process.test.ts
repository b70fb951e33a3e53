import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { QemuProcess } from '../../../../driver/machine/qemu/process.js';

const HOLDER = fileURLToPath(new URL('../../../fixtures/qemu-holder.ts', import.meta.url));
const PAUSED = ['-S', '-nodefaults', '-no-user-config', '-display', 'none', '-machine', 'none'];

const isQemu = async (pid: number): Promise<boolean> => {
  const line = await readFile(`/proc/${String(pid)}/cmdline`, 'latin1').catch(() => '');
  return line.startsWith('qemu-system');
};

async function gone(pid: number): Promise<boolean> {
  for (let i = 0; i < 200; i++) {
    if (!(await isQemu(pid))) return true;
    await sleep(25);
  }
  return false;
}

for (const signal of ['SIGKILL', 'SIGTERM', 'SIGINT'] as const) {
  t.test(`QEMU dies with a driver that gets ${signal}`, async (t) => {
    const holder = spawn(process.execPath, ['--import=tsx', HOLDER], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [first] = (await once(holder.stdout, 'data')) as [Buffer];
    const pid = Number(first.toString());
    t.ok(existsSync(`/proc/${String(pid)}`), 'QEMU runs');
    holder.kill(signal);
    await once(holder, 'exit');
    t.ok(await gone(pid), 'QEMU is gone');
  });
}

t.test('kill is idempotent and ends the watcher', async (t) => {
  const lines: string[] = [];
  const qemu = await QemuProcess.spawn({
    executable: 'qemu-system-x86_64',
    argv: PAUSED,
    log: (line) => lines.push(line),
  });
  t.ok(qemu.running);
  await qemu.kill();
  await qemu.kill();
  t.notOk(qemu.running);
  const exit = await qemu.exited;
  t.equal(exit.signal, 'SIGKILL');
});

t.test('terminate lets QEMU end by itself', async (t) => {
  const qemu = await QemuProcess.spawn({
    executable: 'qemu-system-x86_64',
    argv: PAUSED,
    log: () => undefined,
  });
  await qemu.terminate();
  t.notOk(qemu.running);
});

t.test("QEMU's own message is kept", async (t) => {
  const lines: string[] = [];
  const qemu = await QemuProcess.spawn({
    executable: 'qemu-system-x86_64',
    argv: ['-no-such-option'],
    log: (line) => lines.push(line),
  });
  const exit = await qemu.exited;
  t.equal(exit.code, 1);
  t.match(exit.stderr, /no-such-option/);
  t.match(lines.join('\n'), /^qemu: .*no-such-option/m);
});

t.test('a missing executable is an infra error', async (t) => {
  const qemu = QemuProcess.spawn({
    executable: '/nonexistent/qemu',
    argv: [],
    log: () => undefined,
  });
  // setpriv runs, and says that it cannot execute it.
  const exit = await (await qemu).exited;
  t.not(exit.code, 0);
  t.match(exit.stderr, /nonexistent/);
});
