import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { FileChanges } from '../../../../driver/interactive/watch/file-changes.js';

const never = new AbortController().signal;
const fail = (error: unknown): void => {
  throw error;
};

t.test('a save is told once, by whatever way the editor writes it', async (t) => {
  const directory = t.testdir({ 'one.yaml': 'a', plans: { 'p.yaml': 'a' }, 'notes.txt': 'a' });
  await using changes = await FileChanges.at([directory], fail);
  const file = join(directory, 'one.yaml');

  writeFileSync(file, 'b');
  writeFileSync(file, 'c');
  t.same(await changes.next(never), [file], 'written in place, twice');

  writeFileSync(join(directory, 'one.yaml.tmp'), 'd');
  renameSync(join(directory, 'one.yaml.tmp'), file);
  t.same(await changes.next(never), [file], 'replaced');

  writeFileSync(join(directory, 'one.yaml.tmp'), 'e');
  renameSync(join(directory, 'one.yaml.tmp'), file);
  t.same(await changes.next(never), [file], 'replaced again');

  writeFileSync(file, 'f');
  t.same(await changes.next(never), [file], 'and written in place');

  writeFileSync(join(directory, 'plans/p.yaml'), 'b');
  t.same(await changes.next(never), [join(directory, 'plans/p.yaml')], 'a plan');
});

t.test('a change while nobody waits is not lost', async (t) => {
  const directory = t.testdir({ 'one.yaml': 'a' });
  await using changes = await FileChanges.at([join(directory, 'one.yaml')], fail);
  writeFileSync(join(directory, 'one.yaml'), 'b');
  await new Promise((resolve) => setTimeout(resolve, 300));
  t.same(await changes.next(never), [join(directory, 'one.yaml')]);
});

t.test('other files are nobody’s business', async (t) => {
  const directory = t.testdir({ 'one.yaml': 'a' });
  await using changes = await FileChanges.at([directory], fail);
  mkdirSync(join(directory, 'sub'));
  writeFileSync(join(directory, 'notes.txt'), 'b');
  const stop = new AbortController();
  const next = changes.next(stop.signal);
  setTimeout(() => {
    stop.abort();
  }, 300);
  t.same(await next, []);
});

t.test('a place that is not there is an error at once', async (t) => {
  await t.rejects(FileChanges.at([join(t.testdir({}), 'nowhere')], fail), { code: 'ENOENT' });
});
