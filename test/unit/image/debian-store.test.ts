import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { withLock } from '../../../driver/host/lock.js';
import { obtainEntry } from '../../../driver/image/debian/store.js';

const KEY = 'a'.repeat(64);

function recorder() {
  const lines: string[] = [];
  return { lines, progress: { stage: () => undefined, log: (line: string) => lines.push(line) } };
}

t.test('an entry is built once, and again when it is damaged', async (t) => {
  const directory = t.testdir();
  let builds = 0;
  const { lines, progress } = recorder();
  const obtain = () =>
    obtainEntry({
      directory,
      key: KEY,
      progress: { ...progress, log: (line) => void lines.push(line) },
      build: async (target) => {
        builds++;
        await writeFile(join(target, 'root'), 'content');
        return { version: '1' };
      },
    });

  const first = await obtain();
  t.type(first.buildSeconds, 'number');
  t.strictSame(first.facts, { version: '1' });
  t.match(first.digests['root'], /^[0-9a-f]{64}$/);
  const second = await obtain();
  t.equal(second.buildSeconds, undefined, 'a hit says so');
  t.equal(builds, 1);

  const file = join(first.directory, 'root');
  const damages: [string, () => Promise<unknown>, RegExp][] = [
    ['other content of the same size', () => writeFile(file, 'CONTENT'), /root has changed/],
    ['cut short', () => truncate(file, 3), /root has 3 bytes, not 7/],
    ['a file gone', () => rm(file), /root is missing/],
    ['no manifest', () => rm(join(first.directory, 'manifest.json')), /no manifest/],
    [
      'half a manifest',
      () => writeFile(join(first.directory, 'manifest.json'), '{"format": 1, '),
      /unreadable manifest/,
    ],
  ];
  for (const [name, damage, complaint] of damages) {
    const before = builds;
    await damage();
    lines.length = 0;
    const rebuilt = await obtain();
    t.equal(builds, before + 1, `${name}: rebuilt`);
    t.match(lines.join('\n'), complaint, `${name}: said`);
    t.equal(await readFile(join(rebuilt.directory, 'root'), 'utf8'), 'content');
  }
});

t.test('two that want the same entry take turns, and what was left half done goes', async (t) => {
  const directory = t.testdir();
  await mkdir(join(directory, `.${KEY}.dead`));
  let builds = 0;
  let running = 0;
  const obtain = () =>
    obtainEntry({
      directory,
      key: KEY,
      progress: { stage: () => undefined, log: () => undefined },
      build: async (target) => {
        builds++;
        t.equal(++running, 1, 'alone');
        await writeFile(join(target, 'root'), 'x');
        running--;
        return {};
      },
    });
  const entries = await Promise.all([obtain(), obtain(), obtain()]);
  t.equal(builds, 1);
  t.equal(entries.filter((entry) => entry.buildSeconds !== undefined).length, 1);
  t.strictSame((await readdir(directory)).sort(), [KEY, `${KEY}.lock`]);
});

t.test('a build that fails leaves nothing and holds nobody up', async (t) => {
  const directory = t.testdir();
  const request = {
    directory,
    key: KEY,
    progress: { stage: () => undefined, log: () => undefined },
  };
  const failing = { ...request, build: () => Promise.reject(new Error('no luck')) };
  await t.rejects(obtainEntry(failing), /no luck/);
  t.strictSame(await readdir(directory), [`${KEY}.lock`]);
  await t.resolves(obtainEntry({ ...request, build: () => Promise.resolve({}) }));
});

t.test('a lock is free when its holder was killed', async (t) => {
  const directory = t.testdir();
  const file = join(directory, 'lock');
  const lockModule = new URL('../../../driver/host/lock.ts', import.meta.url).href;
  const holder = spawn(
    process.execPath,
    [
      ...['--import', 'tsx', '--input-type=module', '--eval'],
      `const { withLock } = await import(${JSON.stringify(lockModule)});
       await withLock(${JSON.stringify(file)}, () => {
         process.stdout.write('held');
         return new Promise(() => setInterval(() => {}, 1000));
       });`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(holder.stdout, 'data');
  let waited = false;
  const mine = withLock(file, () => Promise.resolve('mine'), {
    onWait: () => {
      waited = true;
      holder.kill('SIGKILL');
    },
  });
  t.equal(await mine, 'mine');
  t.ok(waited, 'it was held before');
});
