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

  const { direct: ways, ...plain } = await provideImage('latest', context);
  t.match(await ways?.(), { kind: 'direct', iso, append: 'a=1' }, 'and without its loader');
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

const qemuImg = async (...args: string[]): Promise<void> => {
  await execa('qemu-img', args);
};

t.test('disks: qcow2 with its chain, raw with a partition table', async (t) => {
  const directory = t.testdir({ sub: {} });
  const context = sampleContext(directory);
  const at = (name: string) => join(directory, name);
  await qemuImg('create', '-q', '-f', 'qcow2', at('sub/base.qcow2'), '8M');
  const top = ['-F', 'qcow2', '-b', 'sub/base.qcow2', at('top.qcow2')];
  await qemuImg('create', '-q', '-f', 'qcow2', ...top);
  writeFileSync(at('mbr.raw'), bytes(4096, { 510: '\x55\xaa' }));
  writeFileSync(at('gpt.IMG'), bytes(4096, { 512: 'EFI PART' }));
  writeFileSync(at('plain'), bytes(4096, { 512: 'EFI PART' }));
  symlinkSync('top.qcow2', at('latest'));

  const base = await provideImage('sub/base.qcow2', context);
  const disk = at('sub/base.qcow2');
  t.match(base.medium, { kind: 'disk', disk, format: 'qcow2', firmware: 'bios' });
  t.equal(base.identity, sha256(readFileSync(disk)));
  t.notOk(base.artifact['backing_chain']);
  const image = await provideImage('top.qcow2,boot=uefi', context);
  t.match(image.medium, { format: 'qcow2', firmware: 'uefi' });
  t.equal(image.artifact['sha256'], sha256(readFileSync(at('top.qcow2'))));
  const files = [at('top.qcow2'), disk];
  const sums = files.map((file) => sha256(readFileSync(file)));
  t.equal(image.identity, sha256(sums.join('\n')), 'the backing file is part of the image');
  t.equal(
    image.artifact['backing_chain'],
    files.map((file, index) => `${sums[index] ?? ''}  ${file}`).join('\n'),
    'and in the record, as sha256sum prints it',
  );
  t.match((await provideImage('latest', context)).medium, { format: 'qcow2' }, 'by a link');
  for (const name of ['mbr.raw', 'gpt.IMG']) {
    t.match((await provideImage(name, context)).medium, { format: 'raw', disk: at(name) });
  }
  t.match((await provideImage('plain,format=raw', context)).medium, { format: 'raw' });
  await makeIso(at('stick.iso'), { 'isolinux.cfg': 'label a' }, ['bios']);
  t.match((await provideImage('stick.iso,format=raw', context)).medium, { kind: 'disk' });
});

t.test('the contents never choose the format', async (t) => {
  const directory = t.testdir();
  const context = sampleContext(directory);
  const at = (name: string) => join(directory, name);
  await qemuImg('create', '-q', '-f', 'qcow2', at('disk.raw'), '8M');
  const kind = { code: 'TAPBOOT_E_IMAGE_KIND' };
  await t.rejects(provideImage('disk.raw', context), {
    ...kind,
    details: { got: /qcow2/, hint: /format=qcow2/ },
  });
  t.match((await provideImage('disk.raw,format=qcow2', context)).medium, { format: 'qcow2' });
  writeFileSync(at('unnamed'), bytes(4096, { 510: '\x55\xaa' }));
  await t.rejects(provideImage('unnamed', context), {
    ...kind,
    details: { expected: /extension .*format=raw/, hint: /format=raw/ },
  });
  writeFileSync(at('mbr.qcow2'), bytes(4096, { 510: '\x55\xaa' }));
  await t.rejects(provideImage('mbr.qcow2', context), { ...kind, details: { got: /MBR/ } });
  writeFileSync(at('extent.raw'), bytes(4096, { 0: '# Disk DescriptorFile', 510: '\x55\xaa' }));
  await t.rejects(provideImage('extent.raw', context), { ...kind, details: { got: /VMDK/ } });
  const both = bytes(0x9000, { 0: 'QFI\xfb', 0x8001: 'CD001', 510: '\x55\xaa' });
  for (const name of ['both.iso', 'both.raw']) {
    writeFileSync(at(name), both);
    await t.rejects(provideImage(name, context), { ...kind, details: { got: /qcow2/ } }, name);
  }
  await t.rejects(provideImage('disk.raw,format=vmdk', context), {
    code: 'TAPBOOT_E_IMAGE_OPTION_VALUE',
    details: { expected: /iso.*qcow2.*raw/ },
  });
});

t.test('a qcow2 image names no file of the host but its neighbours', async (t) => {
  const directory = t.testdir({ images: {}, secret: 'of this host' });
  const context = sampleContext(directory);
  const at = (name: string) => join(directory, 'images', `${name}.qcow2`);
  const image = (name: string, options = '') =>
    provideImage(`images/${name}.qcow2${options}`, context);
  const backedBy = async (name: string, ...options: string[]): Promise<void> =>
    await qemuImg('create', '-q', '-f', 'qcow2', '-u', ...options, at(name), '1M');
  const kind = { code: 'TAPBOOT_E_IMAGE_KIND' };
  const secret = join(directory, 'secret');

  await backedBy('absolute', '-b', secret, '-F', 'raw');
  await backedBy('relative', '-b', '../secret', '-F', 'raw');
  symlinkSync(secret, join(directory, 'images', 'neighbour'));
  await backedBy('link', '-b', 'neighbour', '-F', 'raw');
  for (const name of ['absolute', 'relative', 'link']) {
    const outside = { got: new RegExp(`backing file is ${secret}`), hint: /backing=anywhere/ };
    await t.rejects(image(name), { ...kind, details: outside }, name);
    const allowed = await image(name, ',backing=anywhere');
    t.match(allowed.artifact['backing_chain'], secret, name);
  }
  await backedBy('deep', '-b', 'absolute.qcow2', '-F', 'qcow2');
  await t.rejects(image('deep'), { ...kind, details: { got: /secret/ } }, 'further down the chain');

  writeFileSync(join(directory, 'images', 'base'), bytes(4096, { 0: 'QFI\xfb' }));
  await backedBy('header', '-b', 'base', '-F', 'raw');
  await t.rejects(image('header'), { ...kind, details: { got: /to be raw, and is a qcow2/ } });
  await backedBy('vmdk', '-b', 'base', '-F', 'vmdk');
  await t.rejects(image('vmdk'), { ...kind, details: { got: /format .* vmdk/ } });
  await backedBy('guessed', '-b', 'base', '-F', 'raw');
  eraseFormat(at('guessed'));
  await t.rejects(image('guessed'), { ...kind, details: { got: /not named/, hint: /rebase/ } });

  await backedBy('loop', '-b', 'loop.qcow2', '-F', 'qcow2');
  await t.rejects(image('loop'), { ...kind, details: { got: /loop/ } });
  await backedBy('nbd', '-b', 'nbd://127.0.0.1/x', '-F', 'raw');
  await t.rejects(image('nbd'), { ...kind, details: { got: /nbd:/, hint: /convert/ } });
  await backedBy(
    'json',
    '-b',
    `json:{"driver":"raw","file":{"filename":"${secret}"}}`,
    '-F',
    'raw',
  );
  await t.rejects(image('json'), { ...kind, details: { got: /json:/ } });
  const data = `data_file=${join(directory, 'data')}`;
  await qemuImg('create', '-q', '-f', 'qcow2', '-o', data, at('external'), '1M');
  for (const options of ['', ',backing=anywhere']) {
    await t.rejects(image('external', options), { ...kind, details: { got: /external file/ } });
  }
  await backedBy('orphan', '-b', 'gone.img', '-F', 'raw');
  await t.rejects(image('orphan'), {
    code: 'TAPBOOT_E_IMAGE_FILE',
    message: /gone\.img does not exist/,
  });
  for (const wrong of ['absolute.qcow2,backing=yes', 'absolute.qcow2,backing=']) {
    await t.rejects(provideImage(`images/${wrong}`, context), {
      code: 'TAPBOOT_E_IMAGE_OPTION_VALUE',
    });
  }
});

/** Makes the header extension that names the backing file's format one that nobody knows. */
function eraseFormat(file: string): void {
  const content = readFileSync(file);
  const at = content.indexOf(Buffer.from([0xe2, 0x79, 0x2a, 0xca]));
  content.writeUInt32BE(0x12345678, at);
  writeFileSync(file, content);
}

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
    ['./text', kind, { details: { got: /no known kind/, expected: /format=iso/ } }],
    ['./zeros', kind, { details: { got: /no known kind/ } }],
    ['file:kernel=text', kind, { message: /as kernel/ }],
    ['file:kernel=kernel,initrd=text', kind, { message: /as initrd/ }],
    ['file:kernel=kernel,root=packed', kind, { message: /as root file system/ }],
    ['file:kernel=kernel,initrd=initrd+gone', file, { message: /gone does not exist/ }],
    ['file:kernel=kernel,initrd=initrd+', value, { details: { got: 'initrd+' } }],
    ['file:kernel=kernel,initrd=', value, {}],
    ['file:kernel=kernel,boot=bios', value, { details: { expected: /^direct/ } }],
    ['file:mbr,kernel=kernel', spec, {}],
    ['file:kernel=kernel,format=raw', spec, {}],
    ['file:mbr,format=raw,backing=anywhere', value, { details: { expected: /qcow2/ } }],
    ['file:x.iso,backing=anywhere', option, { message: /no use for/ }],
    ['file', spec, { message: /needs a path or a kernel/ }],
    ['file:mbr,root=squash', option, { message: /“root” needs a kernel/ }],
    [
      'file:mbr,format=raw,boot=direct',
      value,
      { details: { expected: /bios, uefi.*file:kernel/ } },
    ],
    ['file:mbr,format=raw,append=x', option, { message: /no use for/ }],
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
