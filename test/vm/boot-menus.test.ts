// Boot menus on the serial console: nobody chooses in them, so the default entry is booted.
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { BootImageVM } from '../../driver/machine/boot-image-vm.js';
import { KERNEL_ARGUMENTS } from '../../driver/image/debian/recipe.js';
import { testHost, testImage, testMachine } from '../helpers/vm-host.js';
import { inSoak } from '../helpers/soak.js';

t.setTimeout(15 * 60_000);

const MODULES = '/usr/lib/syslinux/modules/bios';
/** The default is neither the first entry nor the last: a key of ours would choose another. */
const ENTRIES = ['first', 'default', 'debug'];

const append = (entry: string): string =>
  `console=ttyS0,115200 panic=-1 ${KERNEL_ARGUMENTS} entry=${entry}`;

const isolinux = (settings: string): string =>
  [
    'SERIAL 0 115200',
    settings,
    'DEFAULT default',
    'TIMEOUT 30',
    ...ENTRIES.map(
      (entry) =>
        `LABEL ${entry}\n  KERNEL /boot/vmlinuz\n  INITRD /boot/initrd\n  APPEND ${append(entry)}`,
    ),
    '',
  ].join('\n');

const GRUB = [
  'serial --unit=0 --speed=115200',
  'terminal_input console serial',
  'terminal_output console serial',
  'set default=1',
  'set timeout=3',
  ...ENTRIES.map(
    (entry) =>
      `menuentry "${entry}" {\n\tlinux /boot/vmlinuz ${append(entry)}\n\tinitrd /boot/initrd\n}`,
  ),
  '',
].join('\n');

interface Form {
  name: string;
  firmware: 'bios' | 'uefi';
  /** Path within the ISO → its text, or a file of the host. */
  files: Record<string, string | { file: string }>;
  /** What its console shows, so that the menu was there. */
  shows: RegExp;
}

const MENUS: readonly Form[] = [
  {
    name: 'a menu of menu.c32',
    firmware: 'bios',
    files: {
      '/isolinux/isolinux.cfg': isolinux('UI menu.c32\nMENU TITLE Choose'),
      '/isolinux/menu.c32': { file: `${MODULES}/menu.c32` },
      '/isolinux/libutil.c32': { file: `${MODULES}/libutil.c32` },
    },
    shows: /Automatic boot in/,
  },
  {
    name: 'a bare prompt of isolinux',
    firmware: 'bios',
    files: { '/isolinux/isolinux.cfg': isolinux('PROMPT 1') },
    shows: /^boot: /m,
  },
  {
    name: 'a menu of GRUB',
    firmware: 'uefi',
    files: { '/boot/grub/grub.cfg': GRUB },
    shows: /The highlighted entry will be executed automatically/,
  },
];

for (const [index, { name, firmware, files, shows }] of MENUS.entries()) {
  // The first stands for all: it takes any key for a choice.
  const test = index === 0 ? t.test.bind(t) : inSoak.bind(undefined, t);
  await test(name, async (t) => {
    const directory = t.testdir();
    const embedded = await testImage('debian:iso');
    const iso = join(directory, 'menu.iso');
    const maps: string[] = [];
    for (const [index, [path, content]] of Object.entries(files).entries()) {
      const file = typeof content === 'string' ? join(directory, String(index)) : content.file;
      if (typeof content === 'string') await writeFile(file, content);
      maps.push('-map', file, path);
    }
    await execa('xorriso', [
      ...['-report_about', 'SORRY', '-indev', embedded.artifact.iso_path ?? '', '-outdev', iso],
      ...['-boot_image', 'any', 'replay', ...maps],
    ]);

    const host = await testHost(t);
    const image = await testImage(`file:${iso},boot=${firmware}`);
    const consoleNow = (): string => readFileSync(host.places('vm').serialLog, 'utf8');
    let before: string | undefined;
    const { log } = host;
    host.log = (line) => {
      if (line.startsWith('console typed: ')) before ??= consoleNow();
      log(line);
    };
    await using vm = await BootImageVM.boot(host, { name: 'vm', image, machine: testMachine() });
    const read = await vm.run('cat /proc/cmdline', { timeoutMs: 60_000 });
    t.match(read.stdout, / entry=default\b/, 'nobody has chosen');
    t.same(vm.origin.kernel, { text: read.stdout.trim(), source: 'guest' });
    t.same(host.known.get('vm')?.kernel, vm.origin.kernel, 'for the record');
    t.match(consoleNow(), shows);
    t.match(before, /^\S+ login: /m, 'nothing is typed before somebody asks for a name');
  });
}
