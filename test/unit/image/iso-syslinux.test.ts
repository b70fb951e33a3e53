import t from 'tap';
import type { ConfigFiles } from '../../../driver/image/iso/boot-entry.js';
import { readSyslinuxConfig } from '../../../driver/image/iso/syslinux-config.js';

const filesOf = (texts: Record<string, string>): ConfigFiles => ({
  read: (path) => texts[path],
  exists: (path) => path in texts,
});

t.test('a live system with menus in included files', async (t) => {
  const menu = readSyslinuxConfig(
    '/isolinux/isolinux.cfg',
    filesOf({
      '/isolinux/isolinux.cfg': 'include menu.cfg\ndefault vesamenu.c32\nprompt 0\ntimeout 0\n',
      '/isolinux/menu.cfg': [
        'menu hshift 0',
        'menu title Boot menu',
        'include live.cfg',
        'menu begin utilities',
        '  menu title ^Utilities',
        '  label mainmenu',
        '    menu label ^Back..',
        '    menu exit',
        '  include install.cfg',
        'menu end',
        'menu clear',
      ].join('\n'),
      '/isolinux/live.cfg': [
        'label live-amd64',
        '\tmenu label ^Live system (amd64)',
        '\tmenu default',
        '\tlinux /live/vmlinuz-6.1.0-30-amd64',
        '\tinitrd /live/initrd.img-6.1.0-30-amd64',
        '\tappend boot=live components quiet splash findiso=${iso_path}',
        'label live-amd64-failsafe',
        '\tmenu label Live system (amd64 fail-safe mode)',
        '\tlinux /live/vmlinuz-6.1.0-30-amd64',
        '\tappend initrd=/live/initrd.img-6.1.0-30-amd64,/live/extra.img boot=live noapic',
      ].join('\r\n'),
      '/isolinux/install.cfg': [
        'label hdt',
        '\tcom32 hdt.c32',
        'label installstart',
        '\tmenu label Start installer',
        '\tmenu default',
        '\tlinux ../d-i/vmlinuz',
        '\ttext help',
        '\tlinux this is prose',
        '\tendtext',
        '\tappend vga=788',
      ].join('\n'),
    }),
  );
  t.same(menu.defaultEntry, {
    title: 'Live system (amd64)',
    id: 'live-amd64',
    kernel: '/live/vmlinuz-6.1.0-30-amd64',
    initrds: ['/live/initrd.img-6.1.0-30-amd64'],
    append: 'boot=live components quiet splash findiso=${iso_path}',
  });
  t.same(
    menu.entries.map(({ title, kernel }) => [title, kernel]),
    [
      ['Live system (amd64)', '/live/vmlinuz-6.1.0-30-amd64'],
      ['Live system (amd64 fail-safe mode)', '/live/vmlinuz-6.1.0-30-amd64'],
      ['Utilities > Back..', undefined],
      ['Utilities > hdt', undefined],
      ['Utilities > Start installer', '/d-i/vmlinuz'],
    ],
  );
  t.same(menu.entries[1]?.initrds, ['/live/initrd.img-6.1.0-30-amd64', '/live/extra.img']);
  t.equal(menu.entries[1]?.append, 'boot=live noapic');
});

t.test('an installer ISO of NixOS: DEFAULT names a label, kernels by store path', async (t) => {
  const store = '/boot/nix/store';
  const menu = readSyslinuxConfig(
    '/isolinux/isolinux.cfg',
    filesOf({
      '/isolinux/isolinux.cfg': [
        'SERIAL 0 115200',
        'TIMEOUT 100',
        'UI vesamenu.c32',
        'MENU BACKGROUND /isolinux/background.png',
        'DEFAULT boot',
        'LABEL boot-nomodeset',
        'MENU LABEL Installer (nomodeset)',
        `LINUX ${store}/aaa-linux/bzImage`,
        'APPEND init=/nix/store/bbb/init root=LABEL=nixos-minimal nomodeset',
        `INITRD ${store}/ccc-initrd/initrd`,
        '',
        'LABEL boot',
        'MENU LABEL Installer',
        `LINUX ${store}/aaa-linux/bzImage`,
        'APPEND init=/nix/store/bbb/init  root=LABEL=nixos-minimal loglevel=4',
        `INITRD ${store}/ccc-initrd/initrd`,
      ].join('\n'),
    }),
  );
  t.same(menu.defaultEntry, {
    title: 'Installer',
    id: 'boot',
    kernel: `${store}/aaa-linux/bzImage`,
    initrds: [`${store}/ccc-initrd/initrd`],
    append: 'init=/nix/store/bbb/init root=LABEL=nixos-minimal loglevel=4',
  });
});

t.test('defaults', async (t) => {
  const defaultOf = (...lines: string[]) =>
    readSyslinuxConfig('/isolinux.cfg', filesOf({ '/isolinux.cfg': lines.join('\n') }))
      .defaultEntry;
  const two = ['label a', 'kernel k1', 'label b', 'kernel k2'];
  t.equal(defaultOf(...two)?.id, 'a', 'the first label');
  t.equal(defaultOf('default b', ...two)?.id, 'b', 'the one DEFAULT names');
  t.equal(defaultOf('default a', ...two, 'menu default')?.id, 'b', 'MENU DEFAULT over DEFAULT');
  t.match(defaultOf('append x=1', 'default b y=2', ...two), { kernel: '/k2', append: 'x=1 y=2' });
  t.match(defaultOf('append x=1', ...two, 'append -'), { append: 'x=1' }, 'global append');
  t.match(defaultOf('append x=1', 'default b', ...two, 'append -'), { append: '' });
  t.match(
    defaultOf('default vmlinuz initrd=rd.gz root=/dev/ram0'),
    { kernel: '/vmlinuz', initrds: ['/rd.gz'], append: 'root=/dev/ram0' },
    'a command line instead of a label',
  );
  t.equal(defaultOf('default menu.c32', 'prompt 0'), undefined, 'nothing but a menu module');
  t.equal(defaultOf('label x', 'kernel chain.c32', 'append hd0')?.kernel, undefined);
});

t.test('a file that includes itself ends', async (t) => {
  const files = filesOf({ '/a.cfg': 'label x\nkernel k\n' + 'include a.cfg\n'.repeat(9) });
  t.equal(readSyslinuxConfig('/a.cfg', files).entries[0]?.kernel, '/k');
});

t.test('menus that include themselves and each other cost no more than they hold', async (t) => {
  const labels = Array.from({ length: 10_000 }, (_, index) => `label l${String(index)}\nkernel k`);
  const big = `${labels.join('\n')}\ninclude /a.cfg\ninclude /b.cfg\ninclude /a.cfg\n`;
  const texts: Record<string, string> = { '/a.cfg': big, '/b.cfg': big };
  const append = `append ${'x=1 '.repeat(50_000)}\n${labels.join('\n')}\n`;
  const menus = `menu begin ${'m'.repeat(50_000)}\n`.repeat(50) + labels.join('\n');
  const files = (more: Record<string, string>) => ({
    exists: () => true,
    read: (path: string) => ({ ...texts, ...more })[path],
  });
  for (const [name, main] of Object.entries({
    includes: 'include /a.cfg\n'.repeat(1000),
    append,
    'append behind labels': `${labels.join('\n')}\nmenu begin x\nmenu end\nappend ${'x=1 '.repeat(50_000)}\n`,
    menus,
  })) {
    const started = process.cpuUsage();
    const { entries } = readSyslinuxConfig('/m.cfg', files({ '/m.cfg': main }));
    const { user, system } = process.cpuUsage(started);
    t.ok(user + system < 5e6, `${name}: ${String(Math.round((user + system) / 1000))} ms`);
    t.ok(entries.length <= 1000, `${name}: ${String(entries.length)} entries`);
  }
  const once = readSyslinuxConfig(
    '/m.cfg',
    files({ '/m.cfg': 'label x\nkernel k\ninclude /m.cfg\n' }),
  );
  t.equal(once.entries.length, 1, 'a file that includes itself adds nothing');
});
