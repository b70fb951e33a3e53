import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { MOUNTS } from '../../../helpers/namespaces.js';
import { contentOf, linkOrCopy } from '../../../../driver/snapshots/store/entry-files.js';

const MEBIBYTE = 1024 ** 2;

/** 8 MiB with a few bytes in it, and holes elsewhere. */
function sparse(file: string, marks: [number, string][]): string {
  writeFileSync(file, '');
  truncateSync(file, 8 * MEBIBYTE);
  const bytes = readFileSync(file);
  for (const [at, text] of marks) bytes.write(text, at);
  writeFileSync(file, bytes);
  return file;
}

const MARKS: [number, string][] = [
  [70_000, 'one'],
  [3 * MEBIBYTE - 2, 'over the edge of a chunk'],
];

t.test(
  'a digest is SHA-256 of the bytes; that of a sparse file leaves out what is empty',
  async (t) => {
    const root = t.testdir();
    const file = sparse(join(root, 'a'), MARKS);
    const plain = createHash('sha256').update(readFileSync(file)).digest('hex');
    t.strictSame(await contentOf(file), { bytes: 8 * MEBIBYTE, sha256: plain });
    const told = await contentOf(file, true);
    t.equal(told.bytes, 8 * MEBIBYTE);
    const changes: [string, [number, string][], number][] = [
      ['another byte', [...MARKS, [70_001, 'x']], 8 * MEBIBYTE],
      ['a byte in a hole', [...MARKS, [5 * MEBIBYTE, '1']], 8 * MEBIBYTE],
      [
        'the same bytes in another place',
        [[70_000 + 65_536, 'one'], ...MARKS.slice(1)],
        8 * MEBIBYTE,
      ],
      ['a byte less', MARKS.slice(1), 8 * MEBIBYTE],
      ['another length', MARKS, 9 * MEBIBYTE],
    ];
    for (const [what, marks, length] of changes) {
      const other = sparse(join(root, 'b'), marks);
      truncateSync(other, length);
      t.not((await contentOf(other, true)).sha256, told.sha256, what);
    }
    t.same(
      await contentOf(sparse(join(root, 'c'), MARKS), true),
      told,
      'the same content, the same',
    );
    writeFileSync(join(root, 'empty'), '');
    t.equal((await contentOf(join(root, 'empty'), true)).bytes, 0);
  },
);

t.test('where no link can be made the copy is the same, and has the holes', MOUNTS, async (t) => {
  const root = t.testdir();
  mkdirSync(join(root, 'other'));
  sparse(join(root, 'a'), MARKS);
  const program = `import { linkOrCopy } from '${new URL('../../../../driver/snapshots/store/entry-files.ts', import.meta.url).href}';
    await linkOrCopy('${root}/a', '${root}/other/a');`;
  // Another file system, gone with the namespace.
  const inside = `mount -t tmpfs none '${root}/other' && ${process.execPath} --import tsx --input-type=module -e "$0" && cmp '${root}/a' '${root}/other/a' && stat -c '%b %a' '${root}/other/a'`;
  const { stdout } = await execa('unshare', ['-rm', 'sh', '-c', inside, program]);
  const [blocks, mode] = stdout.split(' ');
  t.ok(Number(blocks) * 512 <= 4 * 65_536, `${String(blocks)} blocks`);
  t.equal(mode, '600');
});

t.test('on one file system it is a link', async (t) => {
  const root = t.testdir({ a: 'text' });
  await linkOrCopy(join(root, 'a'), join(root, 'b'));
  t.equal(statSync(join(root, 'b')).ino, statSync(join(root, 'a')).ino);
});
