import { execa } from 'execa';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, utimesSync } from 'node:fs';
import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fileDigest } from '../../../driver/host/file-digest.js';
import type { BootImage } from '../../../driver/image/image.js';
import { provideImage } from '../../../driver/image/providers.js';
import { bytes, initrd, kernel, makeIso, sampleContext } from './sample-images.js';

const sha256 = (data: Buffer | string) => createHash('sha256').update(data).digest('hex');

t.test('ISO: as it is, directly, and never written to', async (t) => {
  const directory = t.testdir();
  const iso = join(directory, 'x.iso');
  const contents = {
    k: kernel('k'),
    i: initrd('i'),
    'isolinux.cfg':
      'label a\nkernel k\nappend initrd=i a=1\nlabel b\nmenu label The other\nkernel k',
  };
  await makeIso(iso, contents, ['bios', 'uefi']);
  chmodSync(iso, 0o444);
  symlinkSync('x.iso', join(directory, 'latest'));
  const sum = sha256(readFileSync(iso));
  const before = [sum, statSync(iso).mtimeMs];
  const context = sampleContext(directory);

  const plain = await provideImage('latest', context);
  t.same(plain, {
    provider: 'file',
    spec: 'latest',
    medium: { kind: 'cd', iso, firmware: 'bios' },
    access: { root: 'auto', user: 'root' },
    identity: sum,
    artifact: { iso_path: iso, sha256: sum, boot: 'bios' },
    cached: true,
  } satisfies BootImage);
  const uefi = await provideImage('file:x.iso,boot=uefi,user=live,password="a,b"', context);
  t.match(uefi, { medium: { firmware: 'uefi' }, access: { user: 'live', password: 'a,b' } });

  const direct = await provideImage('x.iso,boot=direct,append=b=2,access=console', context);
  t.match(direct.medium, { kind: 'direct', iso, append: 'a=1 b=2' });
  t.equal(direct.access.root, 'console');
  t.equal(direct.artifact['boot_entry'], 'a');
  t.equal(direct.identity, plain.identity, 'the same image, booted in another way');
  const other = await provideImage('x.iso,boot=direct,entry="The other"', context);
  t.match(other.medium, { append: '', initrds: [] });
  t.same([sha256(readFileSync(iso)), statSync(iso).mtimeMs], before);
});

t.test('disks: qcow2 with its chain, raw with a partition table', async (t) => {
  const directory = t.testdir();
  const context = sampleContext(directory);
  const at = (name: string) => join(directory, name);
  await execa('qemu-img', ['create', '-q', '-f', 'qcow2', at('base.img'), '8M']);
  const small = ['create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', 'base.img', at('top.raw')];
  await execa('qemu-img', small);
  writeFileSync(at('mbr'), bytes(4096, { 510: '\x55\xaa' }));
  writeFileSync(at('gpt'), bytes(4096, { 512: 'EFI PART' }));

  const base = await provideImage('base.img', context);
  t.match(base.medium, { kind: 'disk', disk: at('base.img'), format: 'qcow2', firmware: 'bios' });
  t.equal(base.identity, sha256(readFileSync(at('base.img'))));
  const top = await provideImage('top.raw,boot=uefi', context);
  t.match(top.medium, { format: 'qcow2', firmware: 'uefi' }, 'the name says raw: it is not asked');
  t.equal(top.artifact['sha256'], sha256(readFileSync(at('top.raw'))));
  const sums = [at('top.raw'), at('base.img')].map((file) => sha256(readFileSync(file)));
  t.equal(top.identity, sha256(sums.join('\n')), 'the backing file is part of the image');
  for (const name of ['mbr', 'gpt']) {
    t.match((await provideImage(name, context)).medium, { format: 'raw', disk: at(name) });
  }

  await execa('qemu-img', [
    'create',
    '-q',
    '-f',
    'qcow2',
    '-u',
    '-b',
    'loop',
    '-F',
    'qcow2',
    at('loop'),
    '1M',
  ]);
  await t.rejects(provideImage('loop', context), {
    code: 'TAPBOOT_E_IMAGE_KIND',
    details: { got: /loop/ },
  });
  const nbd = ['-u', '-b', 'nbd://127.0.0.1/x', '-F', 'raw', at('nbd'), '1M'];
  await execa('qemu-img', ['create', '-q', '-f', 'qcow2', ...nbd]);
  await t.rejects(provideImage('nbd', context), {
    code: 'TAPBOOT_E_IMAGE_KIND',
    details: { got: /nbd:/, hint: /convert/ },
  });
  const external = ['-o', `data_file=${at('data')}`, at('external'), '1M'];
  await execa('qemu-img', ['create', '-q', '-f', 'qcow2', ...external]);
  await t.rejects(provideImage('external', context), {
    code: 'TAPBOOT_E_IMAGE_KIND',
    details: { got: /external file/ },
  });
  const gone = ['-u', '-b', 'gone.img', '-F', 'raw', at('orphan'), '1M'];
  await execa('qemu-img', ['create', '-q', '-f', 'qcow2', ...gone]);
  await t.rejects(provideImage('orphan', context), {
    code: 'TAPBOOT_E_IMAGE_FILE',
    message: /gone\.img does not exist/,
  });
});

t.test('kernel, initrds, root and command line', async (t) => {
  const directory = t.testdir();
  const context = sampleContext(directory);
  const at = (name: string) => join(directory, name);
  writeFileSync(at('K'), kernel('k'));
  writeFileSync(at('I'), initrd('1'));
  writeFileSync(at('I2'), bytes(8, { 0: '\x28\xb5\x2f\xfd' }));
  writeFileSync(at('a+b'), initrd('plus'));
  writeFileSync(at('R'), bytes(4096, { 0: 'hsqs' }));

  const image = await provideImage(
    'file:kernel=K,initrd=I+I2,root=R,append="x=1,2 quiet"',
    context,
  );
  t.match(image.medium, { kind: 'direct', kernel: at('K'), root: at('R'), append: 'x=1,2 quiet' });
  const initrds = image.medium.kind === 'direct' ? image.medium.initrds : [];
  t.equal(initrds.length, 1);
  const joined = Buffer.concat([initrd('1'), Buffer.from([0]), readFileSync(at('I2'))]);
  t.same(readFileSync(initrds[0] ?? ''), joined, 'the second begins at a multiple of four');
  truncateSync(initrds[0] ?? '', 3);
  const again = await provideImage(
    'file:kernel=K,initrd=I+I2,root=R,append="x=1,2 quiet"',
    context,
  );
  t.same(again, image);
  t.same(readFileSync(initrds[0] ?? ''), joined, 'a damaged one was made again');
  t.match(context.lines.join('\n'), /damaged/);

  const bare = await provideImage('file:kernel=K', context);
  t.same(bare.medium, { kind: 'direct', kernel: at('K'), initrds: [], append: '' });
  t.not(bare.identity, image.identity);
  const plus = await provideImage('file:kernel=K,initrd=a+b', context);
  t.match(plus.medium, { initrds: [at('a+b')] });
  const swapped = await provideImage(
    'file:kernel=K,initrd=I2+I,root=R,append="x=1,2 quiet"',
    context,
  );
  t.not(swapped.identity, image.identity, 'the order of the initrds is part of the image');
});

t.test('what cannot be used is refused, with what to do', async (t) => {
  const directory = t.testdir();
  const context = sampleContext(directory);
  const at = (name: string) => join(directory, name);
  const samples: Record<string, Buffer> = {
    kernel: kernel('k'),
    initrd: initrd('i'),
    squash: bytes(4096, { 0: 'hsqs' }),
    packed: bytes(64, { 0: '\xfd7zXZ' }),
    vmdk: bytes(1024, { 0: 'KDMV' }),
    empty: Buffer.alloc(0),
    text: Buffer.from('hello'),
    zeros: Buffer.alloc(65536),
    mbr: bytes(4096, { 510: '\x55\xaa' }),
  };
  for (const [name, content] of Object.entries(samples)) writeFileSync(at(name), content);
  mkdirSync(at('folder'));
  await makeIso(at('x.iso'), { 'isolinux.cfg': 'label a\nkernel k', k: kernel('k') }, ['bios']);
  const kind = 'TAPBOOT_E_IMAGE_KIND';
  const file = 'TAPBOOT_E_IMAGE_FILE';
  const option = 'TAPBOOT_E_IMAGE_OPTION';
  const value = 'TAPBOOT_E_IMAGE_OPTION_VALUE';
  const spec = 'TAPBOOT_E_IMAGE_SPEC';
  const cases: [string, string, object][] = [
    ['./gone.iso', file, { message: /does not exist/, details: { hint: /count from/ } }],
    ['./text/x.iso', file, { message: /does not exist/ }],
    ['./folder', file, { details: { got: /a directory/ } }],
    ['./kernel', kind, { details: { got: /bzImage/, hint: /kernel=K/ } }],
    ['./initrd', kind, { details: { got: /cpio/, hint: /needs its kernel/ } }],
    ['./squash', kind, { details: { got: /squashfs/, hint: /root=R/ } }],
    ['./packed', kind, { details: { got: /xz/, hint: /Unpack/ } }],
    ['./vmdk', kind, { details: { hint: /qemu-img convert/ } }],
    ['./empty', kind, { details: { got: 'an empty file' } }],
    ['./text', kind, { details: { got: /no known kind/, expected: /ISO 9660/ } }],
    ['./zeros', kind, { details: { got: /no known kind/ } }],
    ['file:kernel=text', kind, { message: /as kernel/ }],
    ['file:kernel=kernel,initrd=text', kind, { message: /as initrd/ }],
    ['file:kernel=kernel,root=packed', kind, { message: /as root file system/ }],
    ['file:kernel=kernel,initrd=initrd+gone', file, { message: /gone does not exist/ }],
    ['file:kernel=kernel,initrd=initrd+', value, { details: { got: 'initrd+' } }],
    ['file:kernel=kernel,initrd=', value, {}],
    ['file:kernel=kernel,boot=bios', value, { details: { expected: /^direct/ } }],
    ['file:mbr,kernel=kernel', spec, {}],
    ['file', spec, { message: /needs a path or a kernel/ }],
    ['file:mbr,root=squash', option, { message: /“root” needs a kernel/ }],
    ['file:mbr,boot=direct', value, { details: { expected: /bios, uefi.*file:kernel/ } }],
    ['file:mbr,append=x', option, { message: /no use for/ }],
    ['file:mbr,access=ssh', value, { details: { got: 'ssh' } }],
    ['file:x.iso,boot=grub', value, { details: { expected: /direct, bios, uefi/ } }],
    ['file:x.iso,boot=uefi', 'TAPBOOT_E_ISO_FIRMWARE', {}],
    ['file:x.iso,append=x', option, { message: /needs boot=direct/ }],
    ['file:x.iso,boot=direct,entry=zzz', 'TAPBOOT_E_ISO_ENTRY', {}],
  ];
  for (const [text, code, more] of cases) {
    await t.rejects(provideImage(text, context), { code, failureClass: 'scenario', ...more }, text);
  }
});

t.test('digests are remembered only while the file stays the same', async (t) => {
  const directory = t.testdir({ image: 'one' });
  const path = join(directory, 'image');
  const context = sampleContext(directory);
  const cacheOf = () => {
    const name = sha256(path).slice(0, 32);
    return join(context.cacheDirectory, 'digests', `${name}.json`);
  };
  t.equal(await fileDigest(path, context), sha256('one'));
  t.notOk(statSync(cacheOf(), { throwIfNoEntry: false }), 'a file this young may change unseen');

  // Its change time cannot be set, only waited for: the clock of the digest is what moves.
  const now = Date.now();
  t.intercept(Date, 'now', { value: () => now + 10_000 });
  t.equal(await fileDigest(path, context), sha256('one'));
  const note = JSON.parse(readFileSync(cacheOf(), 'utf8')) as { sha256: string };
  t.equal(note.sha256, sha256('one'));
  writeFileSync(cacheOf(), JSON.stringify({ ...note, sha256: 'a'.repeat(64) }));
  t.equal(await fileDigest(path, context), 'a'.repeat(64), 'the note is what answers');

  const { atime, mtime } = statSync(path);
  writeFileSync(path, 'two');
  utimesSync(path, atime, mtime);
  t.equal(await fileDigest(path, context), sha256('two'), 'same size, same mtime, same inode');
  appendFileSync(path, '!');
  t.equal(await fileDigest(path, context), sha256('two!'));
  for (const damage of [
    '',
    '{',
    '[]',
    '{"path":1}',
    `{"path":"${path}","stamp":"","sha256":"x"}`,
  ]) {
    writeFileSync(cacheOf(), damage);
    t.equal(await fileDigest(path, context), sha256('two!'), `damaged note ${damage}`);
  }
});
