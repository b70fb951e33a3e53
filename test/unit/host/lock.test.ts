import t from 'tap';
import { execa } from 'execa';
import path from 'node:path';
import { withLock } from '../../../driver/host/lock.js';

t.test('one at a time, and the value comes back', async (t) => {
  const lock = path.join(t.testdir(), 'lock');
  let inside = 0;
  const seen = await Promise.all(
    [1, 2, 3, 4].map((value) =>
      withLock(lock, async () => {
        inside++;
        await new Promise((resolve) => setTimeout(resolve, 5));
        return [value, inside--];
      }),
    ),
  );
  t.strictSame(
    seen,
    [1, 2, 3, 4].map((value) => [value, 1]),
  );
});

t.test('freed when the work throws, and on a directory', async (t) => {
  const directory = t.testdir();
  const fail = () => {
    throw new Error('inside');
  };
  await t.rejects(withLock(directory, fail), { message: 'inside' });
  t.equal(await withLock(directory, () => 'again', { timeoutSeconds: 1 }), 'again');
});

t.test('a holder that does not let go is named as such', async (t) => {
  const lock = path.join(t.testdir(), 'lock');
  await withLock(lock, async () => {
    await t.rejects(
      withLock(lock, () => 0, { timeoutSeconds: 1 }),
      { code: 'TAPBOOT_E_LOCK_TIMEOUT', failureClass: 'infra' },
    );
  });
});

t.test('a place that cannot be locked says why', async (t) => {
  await t.rejects(
    withLock(path.join(t.testdir({ file: '' }), 'file', 'lock'), () => 0),
    { code: 'TAPBOOT_E_LOCK', details: { got: /file/ } },
  );
});

t.test('SIGKILL of the holder frees it', async (t) => {
  const lock = path.join(t.testdir(), 'lock');
  const module = path.join(import.meta.dirname, '../../../driver/host/lock.ts');
  const program = `import { withLock } from ${JSON.stringify(module)};
    await withLock(process.argv[1], () => { process.stdout.write('held'); return new Promise((r) => setTimeout(r, 60000)); });`;
  const holder = execa('node', ['--import', 'tsx', '--input-type=module', '-e', program, lock], {
    reject: false,
  });
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  await t.rejects(
    withLock(lock, () => 0, { timeoutSeconds: 1 }),
    { code: 'TAPBOOT_E_LOCK_TIMEOUT' },
  );
  holder.kill('SIGKILL');
  t.equal(await withLock(lock, () => 'free', { timeoutSeconds: 30 }), 'free');
  await holder;
});
