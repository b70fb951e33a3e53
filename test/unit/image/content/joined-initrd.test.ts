import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { initrdOf } from '../../../../driver/image/content/joined-initrd.js';

t.test('several initrds become one, each begun at a multiple of 4', async (t) => {
  const directory = t.testdir();
  const [a, b] = [join(directory, 'a'), join(directory, 'b')];
  await writeFile(a, 'aaaaa');
  await writeFile(b, 'bb');
  const medium = { kind: 'direct', kernel: '/k', initrds: [a, b], append: '' } as const;
  const target = await initrdOf({ ...medium, initrds: [a, b] }, join(directory, 'joined'));
  t.equal(await readFile(target ?? '', 'latin1'), 'aaaaa\0\0\0bb');
});

t.test('one initrd is handed on as it is, none is none', async (t) => {
  const base = { kind: 'direct', kernel: '/k', append: '' } as const;
  t.equal(await initrdOf({ ...base, initrds: ['/one'] }, '/unused'), '/one');
  t.equal(await initrdOf({ ...base, initrds: [] }, '/unused'), undefined);
  t.equal(await initrdOf({ kind: 'cd', iso: '/i', firmware: 'bios' }, '/unused'), undefined);
});
