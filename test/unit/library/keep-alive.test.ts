import { execa } from 'execa';
import t from 'tap';
import { KeepAlive } from '../../../driver/library/keep-alive.js';

const intervals = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

t.test('holds the process exactly as long as work is under way', async (t) => {
  const alive = new KeepAlive();
  const before = intervals();
  let finish: (value: string) => void = () => undefined;
  const first = alive.during(() => new Promise<string>((resolve) => (finish = resolve)));
  const second = alive.during(() => Promise.reject(new Error('broken')));
  t.equal(intervals(), before + 1);
  await t.rejects(second, { message: 'broken' });
  t.equal(intervals(), before + 1, 'one is still under way');
  finish('done');
  t.equal(await first, 'done');
  t.equal(intervals(), before);
  t.equal(alive.begun, 2);
});

t.test('work that throws at once leaves nothing behind', async (t) => {
  const alive = new KeepAlive();
  const before = intervals();
  await t.rejects(
    alive.during(() => {
      throw new Error('at once');
    }),
  );
  t.equal(intervals(), before);
});

t.test('a process waits for work, and ends after it', async (t) => {
  const module = new URL('../../../driver/library/keep-alive.ts', import.meta.url).href;
  const code = `
    import { keepAlive } from '${module}';
    const late = new Promise((resolve) => setTimeout(resolve, 200, 'late').unref());
    const work = process.argv[1] === 'held' ? keepAlive.during(() => late) : late;
    console.log(await work);
  `;
  const run = (how: string) =>
    execa(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', code, how], {
      reject: false,
    });
  t.match(await run('held'), { exitCode: 0, stdout: 'late' });
  // Its exit status depends on what else hooks into the process' end; that it ended does not.
  t.equal((await run('loose')).stdout, '');
});
