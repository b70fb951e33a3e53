import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import t from 'tap';
import {
  environment,
  library,
  place,
  recordOf,
  runFile,
  shim,
} from '../helpers/library-process.js';
import { linkSharedStates } from '../helpers/shared-states.js';

// A session without a machine: opened by whoever asks what image it has.
const OPEN = `import { boot_image_build } from '${shim}';\nawait boot_image_build({ accel: 'tcg' });\n`;

const FILES: { name: string; text: string; exitCode: number; outcome: string }[] = [
  { name: 'a plain script', text: OPEN, exitCode: 0, outcome: 'passed' },
  {
    name: 'tap, passing',
    text: `import t from 'tap';\n${OPEN}t.test('x', async (t) => { t.pass('fine'); });\n`,
    exitCode: 0,
    outcome: 'passed',
  },
  {
    name: 'tap, failing',
    text: `import t from 'tap';\n${OPEN}t.test('x', async (t) => { t.fail('not fine'); });\n`,
    exitCode: 1,
    outcome: 'failed',
  },
  {
    name: 'node:test, failing',
    text: `import { test } from 'node:test';\n${OPEN}test('x', () => { throw new Error('not fine'); });\n`,
    exitCode: 1,
    outcome: 'failed',
  },
  {
    name: 'a failure that only the caller knows of',
    text: `import { endBootImageVms } from '${library}';\n${OPEN}await endBootImageVms({ outcome: 'failed' });\n`,
    exitCode: 0,
    outcome: 'failed',
  },
];

for (const { name, text, exitCode, outcome } of FILES) {
  t.test(`the process ends by itself: ${name}`, async (t) => {
    const run = await runFile(await place(t), text, { args: ['--an-argument'] });
    t.equal(run.exitCode, exitCode, run.stderr);
    t.equal(run.lines.length, 1);
    t.match(run.lines[0], { outcome, driver_args: ['x.test.ts', '--an-argument'] });
    t.equal(run.lines[0]?.interrupted, undefined);
  });
}

t.test('an image that cannot be had is recorded, and asked for once', async (t) => {
  const text = `
    import { boot_image_build } from '${shim}';
    const options = { image: 'file:/does/not/exist.iso' };
    for (const time of [1, 2]) await boot_image_build(options).catch((e) => console.log(time, e.code));
  `;
  const run = await runFile(await place(t), text);
  t.match(run.stdout, /^1 (TAPBOOT_E_\w+)\n2 \1$/);
  t.equal(run.lines.length, 1);
  t.match(run.lines[0], { outcome: 'error' });
});

t.test('a wrong setting is an error before anything is made', async (t) => {
  const text = `
    import { bootImageVm } from '${library}';
    await bootImageVm({ env: { BOOT_IMAGE_VM_SPAWN_TIMEOUT: 'soon' } }).catch((e) => console.log(e.code));
  `;
  const run = await runFile(await place(t), text);
  t.equal(run.stdout, 'TAPBOOT_E_CONFIG_VALUE');
  t.same(run.lines, []);
});

t.test('QEMU dies with a killed process, and the next one says so', async (t) => {
  const directory = await place(t);
  const states = join(directory, 'states');
  linkSharedStates(states);
  await mkdir(join(directory, 'notes'), { recursive: true });
  const file = join(directory, 'x.test.ts');
  await writeFile(
    file,
    `import { bootImageVm } from '${library}';
     const vm = await bootImageVm({ accel: 'tcg' });
     const at = vm.qemu.command.indexOf('-smbios');
     console.log(vm.diskFiles.vda, at > 0, vm.origin.kind);
     await vm.run('sleep 600', { timeoutMs: 600_000 });`,
  );
  const child = execFile(process.execPath, ['--import', 'tsx', file], {
    cwd: directory,
    env: { ...process.env, ...environment({ TAPBOOT_SNAPSHOT_DIR: states }) },
  });
  t.teardown(() => child.kill('SIGKILL'));
  const first = await new Promise<string>((resolve, reject) => {
    child.stdout?.once('data', (text: string) => resolve(text));
    child.once('exit', (code) => reject(new Error(`ended with ${String(code)}`)));
  });
  const [disk = '', , origin] = first.trim().split(' ');
  t.match(disk, /vda\.qcow2$/);
  t.equal(origin, 'restored');
  const users = async (): Promise<string> =>
    (await execa('pgrep', ['-f', disk], { reject: false })).stdout;
  t.not(await users(), '');
  child.kill('SIGKILL');
  for (let left = 100; left > 0 && (await users()) !== ''; left--) await sleep(100);
  t.equal(await users(), '', 'no QEMU is left');
  const next = await runFile(directory, OPEN);
  t.match(
    next.lines.map(({ outcome, interrupted }) => [outcome, interrupted === true]),
    [
      ['error', true],
      ['passed', false],
    ],
  );
  const [killed] = next.lines;
  if (killed === undefined) return t.fail('no line');
  t.equal(killed.start, 'restored');
  t.same((await recordOf(directory, killed)).notices, []);
});
