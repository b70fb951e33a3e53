import { execa } from 'execa';
import {
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { fileDigest } from '../../../driver/host/file-digest.js';
import { readBootCatalog, isoMedium } from '../../../driver/image/iso/iso-medium.js';
import { directBootFromIso } from '../../../driver/image/iso/direct-boot.js';
import {
  namesSerialConsole,
  SERIAL_CONSOLE,
  withSerialConsole,
} from '../../../driver/image/iso/serial-console.js';
import { listIso } from '../../../driver/image/iso/xorriso.js';
import { initrd, kernel, makeIso, sampleContext } from './sample-images.js';

const LIVE = {
  'live/vmlinuz-6.1.0': kernel('live'),
  'live/initrd.img-6.1.0': initrd('main'),
  'live/extra.img': initrd('ex'),
  'isolinux/isolinux.cfg': 'include menu.cfg\ndefault vesamenu.c32\ntimeout 0\n',
  'isolinux/menu.cfg': 'menu title Boot\ninclude entries.txt\n',
  'isolinux/entries.txt': `label live
  menu label ^Live system
  menu default
  linux /live/vmlinuz-6.1.0
  initrd /live/initrd.img-6.1.0
  append boot=live components console=tty0 quiet
label two
  menu label Two initrds
  kernel /live/vmlinuz-6.1.0
  append initrd=/live/extra.img,/live/initrd.img-6.1.0 boot=live console=ttyS0,9600 debug
label hdt
  com32 hdt.c32
`,
  'boot/grub/grub.cfg': `menuentry "Only in GRUB" { linux /live/vmlinuz-6.1.0 grub=1 }
menuentry "No such file" { linux /live/gone }
menuentry "Live again" { linux /live/vmlinuz-6.1.0 }`,
};

t.test('kernel, initrds and command line of an entry come out of the ISO', async (t) => {
  const directory = t.testdir();
  const iso = join(directory, 'live.iso');
  await makeIso(iso, LIVE, ['bios', 'uefi']);
  const context = sampleContext(directory);
  const identity = await fileDigest(iso, context);
  const boot = (wanted?: string) => directBootFromIso(iso, identity, wanted, context);

  const direct = await boot();
  t.match(direct, {
    append: 'boot=live components console=tty0 quiet',
    title: 'Live system',
    config: '/isolinux/isolinux.cfg',
  });
  t.same(readFileSync(direct.kernel), kernel('live'));
  t.equal(direct.initrds.length, 1);
  t.same(readFileSync(direct.initrds[0] ?? ''), initrd('main'));

  const two = await boot('two');
  t.equal(two.append, 'boot=live console=ttyS0,9600 debug', 'as the ISO has it');
  const joined = readFileSync(two.initrds[0] ?? '');
  t.same(joined, Buffer.concat([initrd('ex'), initrd('main')]), 'aligned to four bytes already');
  t.equal((await boot('1')).title, 'Two initrds', 'by number, from 0');
  t.equal((await boot('two INIT')).title, 'Two initrds', 'by a part of the title');
  const grub = await boot('Only in GRUB');
  t.same([grub.config, grub.append], ['/boot/grub/grub.cfg', 'grub=1']);
  t.same(grub.initrds, []);
});

t.test('which entry is meant must be clear', async (t) => {
  const directory = t.testdir();
  const iso = join(directory, 'live.iso');
  await makeIso(iso, LIVE);
  const context = sampleContext(directory);
  const boot = (wanted: string) => directBootFromIso(iso, 'a'.repeat(64), wanted, context);
  t.equal((await boot('live')).title, 'Live system', 'a label goes before titles');
  for (const wanted of ['2', '17', 'nothing like it']) {
    await t.rejects(boot(wanted), {
      code: 'TAPBOOT_E_ISO_ENTRY',
      failureClass: 'scenario',
      details: { got: wanted, output: /0 {2}Live system \(live\)\n[^]*2 {2}hdt \(hdt\), no Linux/ },
    });
  }
  await t.rejects(boot('i'), { message: /several/, details: { output: /Two initrds/ } });
  await t.rejects(boot('No such file'), {
    code: 'TAPBOOT_E_ISO_READ',
    details: { expected: /\/live\/gone/ },
  });
});

t.test('a cached entry is used again, and a damaged one made anew', async (t) => {
  const directory = t.testdir();
  const iso = join(directory, 'live.iso');
  await makeIso(iso, LIVE);
  const context = sampleContext(directory);
  const boot = () => directBootFromIso(iso, 'b'.repeat(64), undefined, context);
  const first = await boot();
  t.equal(context.stages.length, 1);
  t.same(await boot(), first);
  t.equal(context.stages.length, 1, 'nothing was read from the ISO');

  const damages: [string, () => void][] = [
    ['truncated', () => truncateSync(first.kernel, 10)],
    ['overwritten', () => writeFileSync(first.kernel, kernel('evil'))],
    ['note cut short', () => truncateSync(join(dirname(first.kernel), 'entry.json'), 20)],
    ['note of another form', () => writeFileSync(join(dirname(first.kernel), 'entry.json'), '{}')],
  ];
  for (const [name, damage] of damages) {
    damage();
    context.lines.length = 0;
    t.same(await boot(), first, name);
    t.same(readFileSync(first.kernel), kernel('live'), name);
    t.match(context.lines.join('\n'), /damaged; it is made again/, name);
  }
  const [one, other] = await Promise.all([
    directBootFromIso(iso, 'c'.repeat(64), undefined, context),
    directBootFromIso(iso, 'c'.repeat(64), undefined, context),
  ]);
  t.same(one, other, 'two at once');
  const left = readdirSync(join(directory, 'cache/iso-boot')).filter((name) =>
    name.startsWith('.'),
  );
  t.same(left, [], 'no temporary directory stays');
});

t.test('plain ISO 9660 names and links', async (t) => {
  const directory = t.testdir();
  const plain = join(directory, 'plain.iso');
  const contents = {
    'isolinux/isolinux.cfg': 'label a\nkernel linux\nappend initrd=initrd.gz x=1\n',
    'isolinux/linux': kernel('plain'),
    'isolinux/initrd.gz': initrd('plain'),
  };
  await makeIso(plain, contents, [], ['--norock']);
  const paths = (await listIso(plain)).map((node) => node.path);
  t.notOk(paths.includes('/isolinux/linux'), 'the names are upper case on this ISO');
  const context = sampleContext(directory);
  const direct = await directBootFromIso(plain, 'd'.repeat(64), undefined, context);
  t.same(readFileSync(direct.kernel), kernel('plain'));

  const linked = join(directory, 'linked.iso');
  const tree = `${linked}.tree`;
  mkdirSync(tree, { recursive: true });
  symlinkSync('.', join(tree, 'ubuntu'));
  mkdirSync(join(tree, 'casper'));
  symlinkSync('real kernel', join(tree, 'casper/vmlinuz'));
  symlinkSync('loop', join(tree, 'loop'));
  await makeIso(linked, {
    'casper/real kernel': kernel('linked'),
    'casper/initrd': initrd('i'),
    "casper/it's": '',
    'boot/grub/grub.cfg':
      'if [ ! -e /loop ]; then menuentry x { linux /ubuntu/casper/vmlinuz ---\ninitrd /casper/initrd\n} ; fi',
  });
  const nodes = await listIso(linked);
  t.ok(nodes.some((node) => node.path === "/casper/it's" && node.kind === 'file'));
  t.match(
    nodes.find((node) => node.path === '/casper/vmlinuz'),
    { kind: 'link', target: 'real kernel' },
  );
  const casper = await directBootFromIso(linked, 'e'.repeat(64), undefined, context);
  t.same(readFileSync(casper.kernel), kernel('linked'));
  t.equal(casper.append, '---');
});

t.test('an ISO with nothing to boot says what was looked for', async (t) => {
  const directory = t.testdir();
  const iso = join(directory, 'data.iso');
  await makeIso(iso, { readme: 'x', 'boot/grub/grub.cfg': 'menuentry off { halt }' });
  const context = sampleContext(directory);
  await t.rejects(directBootFromIso(iso, 'f'.repeat(64), undefined, context), {
    code: 'TAPBOOT_E_ISO_NO_ENTRY',
    failureClass: 'scenario',
    details: {
      expected: /\/isolinux\/isolinux\.cfg.*\/EFI\/BOOT\/grub\.cfg/,
      got: /grub\.cfg: 1 entries, none starts Linux/,
    },
  });
  writeFileSync(iso, Buffer.alloc(100_000));
  await t.rejects(listIso(iso), { code: 'TAPBOOT_E_ISO_READ', failureClass: 'infra' });

  const cut = join(directory, 'cut.iso');
  await makeIso(cut, { ...LIVE, 'live/vmlinuz-6.1.0': Buffer.alloc(4_000_000, kernel('big')) });
  truncateSync(cut, 3_000_000);
  await t.rejects(directBootFromIso(cut, '1'.repeat(64), undefined, context), {
    code: 'TAPBOOT_E_ISO_READ',
    failureClass: 'infra',
  });
  t.same(readdirSync(join(directory, 'cache/iso-boot')), [], 'nothing half-made stays');
});

t.test('the boot catalog tells the firmware', async (t) => {
  const directory = t.testdir();
  const context = sampleContext(directory);
  const cases = [[], ['bios'], ['uefi'], ['bios', 'uefi']] as ('bios' | 'uefi')[][];
  for (const firmware of cases) {
    const iso = join(directory, `${firmware.join('-')}.iso`);
    await makeIso(iso, LIVE, firmware);
    const report = await execa('xorriso', ['-indev', iso, '-report_el_torito', 'plain']);
    const seen = { bios: / BIOS /.test(report.stdout), uefi: / UEFI /.test(report.stdout) };
    t.same(await readBootCatalog(iso), seen, 'as xorriso reads it');
    t.same(seen, { bios: firmware.includes('bios'), uefi: firmware.includes('uefi') });
    const [first] = firmware;
    if (first === undefined) {
      await t.rejects(isoMedium(iso, '0'.repeat(64), {}, context), {
        code: 'TAPBOOT_E_ISO_FIRMWARE',
        details: { got: 'no boot catalog', hint: /boot=direct/ },
      });
    } else {
      const { medium } = await isoMedium(iso, '0'.repeat(64), {}, context);
      t.same(medium, { kind: 'cd', iso, firmware: first }, 'BIOS unless there is only UEFI');
    }
  }
  t.match(context.lines.join('\n'), /“Live system” .* names no serial console/);
  await t.rejects(isoMedium(join(directory, 'bios.iso'), '', { boot: 'uefi' }, context), {
    code: 'TAPBOOT_E_ISO_FIRMWARE',
    details: { got: 'only BIOS', hint: 'Use boot=bios.' },
  });
  await t.rejects(isoMedium(join(directory, 'bios.iso'), '', { entry: '1' }, context), {
    code: 'TAPBOOT_E_IMAGE_OPTION',
    message: /needs boot=direct/,
  });
});

t.test('the serial console is the last one, once', async (t) => {
  const cases: [string, string][] = [
    ['', SERIAL_CONSOLE],
    ['quiet console=tty0', `quiet console=tty0 ${SERIAL_CONSOLE}`],
    ['a "b  c" console=tty0', `a "b  c" console=tty0 ${SERIAL_CONSOLE}`],
    ['console=ttyS0 quiet', 'console=ttyS0 quiet'],
    ['console=ttyS0 console=tty0', 'console=tty0 console=ttyS0'],
    [
      'console=tty1 console=ttyS0,9600n8 x console=hvc0',
      'console=tty1 x console=hvc0 console=ttyS0,9600n8',
    ],
    ['console=ttyS0 x console=ttyS0,9600n8', 'x console=ttyS0,9600n8'],
    ['"console=ttyS0,38400" console=tty0', 'console=tty0 "console=ttyS0,38400"'],
    [
      'console=ttyS01 opt="console=ttyS0 y"',
      `console=ttyS01 opt="console=ttyS0 y" ${SERIAL_CONSOLE}`,
    ],
    ['quiet -- console=ttyS0', `quiet ${SERIAL_CONSOLE} -- console=ttyS0`],
    ['console=ttyS0 console=tty0 --- x', 'console=tty0 --- x console=ttyS0'],
  ];
  for (const [before, after] of cases) {
    t.equal(withSerialConsole(before), after);
    t.equal(withSerialConsole(after), after);
  }
  t.equal(namesSerialConsole('quiet console=ttyS1,9600'), true);
  t.equal(namesSerialConsole('quiet console=tty0'), false);
});
