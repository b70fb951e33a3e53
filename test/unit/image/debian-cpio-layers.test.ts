import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { TapbootError } from '../../../driver/errors.js';
import { packCpio } from '../../../driver/image/content/cpio.js';
import { digestLayers, layerOf, packLayers, readLayer } from '../../../driver/image/layers.js';

t.test('an archive is what cpio(1) reads', async (t) => {
  const archive = packCpio(
    [
      { kind: 'directory', path: 'etc', mode: 0o755 },
      { kind: 'file', path: 'etc/odd', mode: 0o640, content: Buffer.from('odd') },
      { kind: 'file', path: 'etc/empty', mode: 0o600, content: Buffer.alloc(0) },
      { kind: 'symlink', path: 'etc/link', target: '../odd' },
      { kind: 'character', path: 'etc/console', mode: 0o600, device: [5, 1] },
    ],
    86_400,
  );
  t.equal(archive.length % 512, 0, 'padded, so that archives can follow one another');
  const listing = await execa('cpio', ['--list', '--verbose', '--numeric-uid-gid', '--quiet'], {
    input: archive,
    env: { TZ: 'UTC', LC_ALL: 'C' },
  });
  const lines = listing.stdout.split('\n').map((line) => line.replace(/\s+/g, ' '));
  t.strictSame(lines, [
    'drwxr-xr-x 2 0 0 0 Jan 2 1970 etc',
    '-rw-r----- 1 0 0 3 Jan 2 1970 etc/odd',
    '-rw------- 1 0 0 0 Jan 2 1970 etc/empty',
    'lrwxrwxrwx 1 0 0 6 Jan 2 1970 etc/link -> ../odd',
    'crw------- 1 0 0 5, 1 Jan 2 1970 etc/console',
  ]);
  const content = await execa('cpio', ['--extract', '--to-stdout', '--quiet', 'etc/odd'], {
    input: archive,
  });
  t.equal(content.stdout, 'odd');
});

t.test('layers', async (t) => {
  const top = t.testdir();
  await mkdir(join(top, 'b/etc'), { recursive: true });
  await writeFile(join(top, 'b/etc/z'), 'z', { mode: 0o777 });
  await writeFile(join(top, 'b/etc/.wh.motd'), '');
  await symlink('z', join(top, 'b/etc/a'));
  const layer = await readLayer(join(top, 'b'));

  t.strictSame(
    layer.entries.map((entry) => entry.path),
    ['etc', 'etc/.wh.motd', 'etc/a', 'etc/z'],
    'parents first, then by name',
  );
  t.equal(layer.name, 'b');

  const names = await execa('cpio', ['--list', '--quiet'], {
    input: packLayers([layerOf('agent', { 'usr/sbin/x': { target: 'y' } }), layer]),
  });
  t.strictSame(names.stdout.split('\n'), [
    'layers',
    ...['', '/usr', '/usr/sbin', '/usr/sbin/x'].map((path) => `layers/00-agent${path}`),
    ...['', '/etc', '/etc/.wh.motd', '/etc/a', '/etc/z'].map((path) => `layers/01-b${path}`),
  ]);

  const before = digestLayers([layer]);
  t.equal(digestLayers([await readLayer(join(top, 'b'))]), before, 'same tree, same digest');
  await writeFile(join(top, 'b/etc/z'), 'Z');
  t.not(digestLayers([await readLayer(join(top, 'b'))]), before, 'content counts');

  await execa('mkfifo', [join(top, 'b/pipe')]);
  await t.rejects(readLayer(join(top, 'b')), { code: 'TAPBOOT_E_LAYER_UNREADABLE' });
  const missing = await readLayer(join(top, 'missing')).catch((error: unknown) => error);
  t.ok(missing instanceof TapbootError && missing.failureClass === 'scenario');
});
