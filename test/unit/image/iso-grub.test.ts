import t from 'tap';
import type { ConfigFiles } from '../../../driver/image/iso/boot-entry.js';
import { readGrubConfig } from '../../../driver/image/iso/grub-config.js';

const filesOf = (texts: Record<string, string>): ConfigFiles => ({
  read: (path) => texts[path],
  exists: (path) => path in texts,
});
const menuOf = (text: string, more: Record<string, string> = {}) =>
  readGrubConfig('/boot/grub/grub.cfg', filesOf({ '/boot/grub/grub.cfg': text, ...more }));

t.test('a live system whose menu is in another file', async (t) => {
  const menu = menuOf(
    `source /boot/grub/config.cfg

# Live boot
menuentry "Live system (amd64)" --hotkey=l {
\tlinux\t/live/vmlinuz-6.1.0-30-amd64 boot=live components quiet splash findiso=\${iso_path} "\${loopback}"
\tinitrd\t/live/initrd.img-6.1.0-30-amd64
}
submenu 'Utilities...' --hotkey=u {
\tsource /boot/grub/theme.cfg
\tmenuentry "Memory test" { linux16 /live/memtest }
\tmenuentry "Fail-safe" { linux /live/vmlinuz-6.1.0-30-amd64 noapic; initrd /live/a.img /live/b.img }
}`,
    {
      '/boot/grub/config.cfg': `set default=0
if [ x$feature_default_font_path = xy ] ; then
   font=unicode
else
   font=$prefix/unicode.pf2
fi
if loadfont $font ; then
  set gfxmode=800x600
  insmod all_video
fi`,
      '/boot/grub/theme.cfg': 'set color_normal=light-gray/black',
    },
  );
  t.same(menu.defaultEntry, {
    title: 'Live system (amd64)',
    kernel: '/live/vmlinuz-6.1.0-30-amd64',
    initrds: ['/live/initrd.img-6.1.0-30-amd64'],
    append: 'boot=live components quiet splash findiso=',
  });
  t.same(
    menu.entries.map((entry) => [entry.title, entry.kernel, entry.initrds.length]),
    [
      ['Live system (amd64)', '/live/vmlinuz-6.1.0-30-amd64', 1],
      ['Utilities... > Memory test', undefined, 0],
      ['Utilities... > Fail-safe', '/live/vmlinuz-6.1.0-30-amd64', 2],
    ],
  );
});

t.test('an installer ISO of NixOS for UEFI', async (t) => {
  const menu = readGrubConfig(
    '/EFI/BOOT/grub.cfg',
    filesOf({
      '/EFI/nixos-installer-image': '',
      '/EFI/BOOT/grub.cfg': `set textmode=false
set timeout=10
search --set=root --file /EFI/nixos-installer-image
insmod gfxterm
if [ "\${grub_platform}" == "efi" ]; then
  insmod efi_gop
fi
if [ "$textmode" == "false" ]; then
  terminal_output gfxterm
else
  terminal_output console
fi
hiddenentry 'Text mode' --hotkey 't' {
  set textmode=true
  terminal_output console
}
if [ \${iso_path} ] ; then
  set isoboot="findiso=\${iso_path}"
fi
set default="installer"
menuentry 'Installer (nomodeset)' --class nomodeset {
  linux /boot/bzImage \${isoboot} init=/nix/store/bbb/init root=LABEL=nixos nomodeset
  initrd /boot/initrd
}
menuentry 'Installer ' --class installer --id installer {
  # Fallback to UEFI console for boot, efifb sometimes has difficulties.
  terminal_output console
  linux ($root)/boot/bzImage \${isoboot} init=/nix/store/bbb/init root=LABEL=nixos \\
    loglevel=4
  initrd ($root)/boot/initrd
}
submenu "Accessibility" --class accessibility --hotkey 'a' {
  menuentry 'Large font' { linux /boot/bzImage fbcon=font:TER16x32
  initrd /boot/initrd }
}
menuentry 'Shutdown' --class shutdown {
  halt
}`,
    }),
  );
  t.same(menu.defaultEntry, {
    title: 'Installer ',
    id: 'installer',
    kernel: '/boot/bzImage',
    initrds: ['/boot/initrd'],
    append: 'init=/nix/store/bbb/init root=LABEL=nixos loglevel=4',
  });
  t.same(
    menu.entries.map((entry) => entry.title),
    ['Installer (nomodeset)', 'Installer ', 'Accessibility > Large font', 'Shutdown'],
    'a hidden entry is none',
  );
});

t.test('casper: entries of all platforms are in the menu', async (t) => {
  const menu = menuOf(`set timeout=30
loadfont unicode
set menu_color_normal=white/black
menuentry "Try or Install" {
\tset gfxpayload=keep
\tlinux\t/casper/vmlinuz  \${extra} iso-scan/filename=\${iso_path} ---
\tinitrd\t/casper/initrd
}
grub_platform
if [ "$grub_platform" = "efi" ]; then
menuentry 'UEFI Firmware Settings' {
\tfwsetup
}
elif test "$grub_platform" != "pc" -o -f /nothing; then
menuentry 'Elsewhere' { reboot }
else
menuentry 'Test memory' {
\tlinux16 /boot/memtest86+.bin
}
fi`);
  t.match(menu.defaultEntry, {
    kernel: '/casper/vmlinuz',
    initrds: ['/casper/initrd'],
    append: 'iso-scan/filename= ---',
  });
  t.same(
    menu.entries.map((entry) => entry.title),
    ['Try or Install', 'UEFI Firmware Settings', 'Elsewhere', 'Test memory'],
  );
});

t.test('the small configuration on an EFI partition leads to the real one', async (t) => {
  const menu = readGrubConfig(
    '/EFI/BOOT/grub.cfg',
    filesOf({
      '/.disk/info': '',
      '/EFI/BOOT/grub.cfg': `search --file --set=root /.disk/info
set prefix=($root)/boot/grub
source $prefix/x86_64-efi/grub.cfg`,
      '/boot/grub/x86_64-efi/grub.cfg': 'insmod part_gpt\nsource /boot/grub/grub.cfg',
      '/boot/grub/grub.cfg': 'menuentry x { linuxefi /k a=1 ; initrdefi /i }',
    }),
  );
  t.match(menu.defaultEntry, { kernel: '/k', initrds: ['/i'], append: 'a=1' });
});

t.test('defaults: number, title, id, path through submenus, a default that is none', async (t) => {
  const body = (kernel: string) => `{ linux /${kernel} }`;
  const text = `menuentry A ${body('a')}
submenu S --id sub { menuentry B ${body('b')}
menuentry C --id cc ${body('c')} }
menuentry 'D (x)' $menuentry_id_option 'd-id' ${body('d')}`;
  const kernelFor = (setting: string) => menuOf(`${setting}\n${text}`).defaultEntry?.kernel;
  t.equal(kernelFor(''), '/a');
  t.equal(kernelFor('set default=2'), '/d');
  t.equal(kernelFor('default=2'), '/d');
  t.equal(kernelFor('set default="D (x)"'), '/d');
  t.equal(kernelFor('set default=d-id'), '/d');
  t.equal(kernelFor('set default="1>1"'), '/c');
  t.equal(kernelFor('set default="sub>cc"'), '/c');
  t.equal(kernelFor('set default="S>C"'), '/c');
  t.equal(kernelFor('set default=1'), '/b', 'a submenu starts its first entry');
  t.equal(kernelFor('set default="${saved_entry}"'), '/a');
  t.equal(kernelFor('set default=9'), '/a');
});

t.test('the installer of Debian: submenus within submenus', async (t) => {
  const menu = menuOf(`if [ x$feature_default_font_path = xy ] ; then
   font=unicode
else
   font=$prefix/font.pf2
fi
if loadfont $font ; then
  set gfxmode=800x600
  insmod efi_gop
fi
if background_image /isolinux/splash.png; then
  set color_normal=light-gray/black
elif background_image /splash.png; then
  set color_normal=light-gray/black
fi
play 960 440 1 0 4 440 1
set theme=/boot/grub/theme/1
menuentry --hotkey=g 'Graphical install' {
    set background_color=black
    linux    /install.amd/vmlinuz vga=788 --- quiet\u0020
    initrd   /install.amd/gtk/initrd.gz
}
submenu --hotkey=a 'Advanced options ...' {
    set theme=/boot/grub/theme/1-1
    menuentry '... Expert install' {
        linux    /install.amd/vmlinuz priority=low vga=788 ---\u0020
        initrd   /install.amd/initrd.gz
    }
    submenu '... Desktop environment menu ...' {
        menuentry '... KDE' {
            linux    /install.amd/vmlinuz desktop=kde vga=788 --- quiet\u0020
            initrd   /install.amd/gtk/initrd.gz
        }
    }
}`);
  t.match(menu.defaultEntry, {
    title: 'Graphical install',
    kernel: '/install.amd/vmlinuz',
    initrds: ['/install.amd/gtk/initrd.gz'],
    append: 'vga=788 --- quiet',
  });
  t.same(
    menu.entries.map(({ title, append }) => [title, append]),
    [
      ['Graphical install', 'vga=788 --- quiet'],
      ['Advanced options ... > ... Expert install', 'priority=low vga=788 ---'],
      [
        'Advanced options ... > ... Desktop environment menu ... > ... KDE',
        'desktop=kde vga=788 --- quiet',
      ],
    ],
  );
});

t.test('a live system of Fedora: a default by number, functions, & in a title', async (t) => {
  const menu = menuOf(`set default="1"
function load_video {
  if [ x$feature_all_video_module = xy ]; then
    insmod all_video
  fi
}
load_video
set timeout=60
search --no-floppy --set=root -l 'Fedora-WS-Live-40-1-14'
menuentry 'Start Fedora-Workstation-Live 40' --class fedora --class os {
\tlinux /images/pxeboot/vmlinuz root=live:CDLABEL=Fedora-WS-Live-40-1-14  rd.live.image quiet rhgb
\tinitrd /images/pxeboot/initrd.img
}
menuentry 'Test this media & start Fedora-Workstation-Live 40' --class fedora --class os {
\tlinux /images/pxeboot/vmlinuz root=live:CDLABEL=Fedora-WS-Live-40-1-14  rd.live.image rd.live.check
\tinitrd /images/pxeboot/initrd.img
}
submenu 'Troubleshooting -->' {
\tmenuentry 'Boot first drive' { chainloader (hd0)+1 }
}`);
  t.match(menu.defaultEntry, {
    title: 'Test this media & start Fedora-Workstation-Live 40',
    kernel: '/images/pxeboot/vmlinuz',
    initrds: ['/images/pxeboot/initrd.img'],
    append: 'root=live:CDLABEL=Fedora-WS-Live-40-1-14 rd.live.image rd.live.check',
  });
  t.same(menu.entries[2], {
    title: 'Troubleshooting --> > Boot first drive',
    initrds: [],
    append: '',
  });
});

t.test('the installer of Arch: a default by id, one title in two branches', async (t) => {
  const menu = menuOf(`if serial --unit=0 --speed=115200; then
    terminal_input --append serial
fi
if [ "\${grub_platform}" == 'efi' ]; then
    archiso_platform='UEFI'
elif [ "\${grub_platform}" == 'pc' ]; then
    archiso_platform='BIOS'
else
    archiso_platform="\${grub_cpu} \${grub_platform}"
fi
default=archlinux
timeout=15
if [ "\${grub_platform}" == 'efi' -a -f '/boot/memtest86+/memtest.efi' ]; then
    menuentry 'Run Memtest86+ (RAM test)' --class memtest86 { linux /boot/memtest86+/memtest.efi }
fi
if [ "\${grub_platform}" == 'pc' -a -f '/boot/memtest86+/memtest' ]; then
    menuentry 'Run Memtest86+ (RAM test)' --class memtest86 { linux /boot/memtest86+/memtest }
fi
menuentry "Arch Linux install medium (x86_64, \${archiso_platform})" --class arch --id 'archlinux' {
    set gfxpayload=keep
    linux /arch/boot/x86_64/vmlinuz-linux archisobasedir=arch
    initrd /arch/boot/x86_64/initramfs-linux.img
}`);
  t.match(menu.defaultEntry, {
    id: 'archlinux',
    kernel: '/arch/boot/x86_64/vmlinuz-linux',
    append: 'archisobasedir=arch',
  });
  t.equal(menu.entries.length, 3);
  const memtest = `set default='Run Memtest86+ (RAM test)'
if [ $grub_platform == efi ]; then menuentry 'Run Memtest86+ (RAM test)' { linux /efi } ; fi
if [ $grub_platform == pc ]; then menuentry 'Run Memtest86+ (RAM test)' { linux /pc } ; fi`;
  t.equal(menuOf(memtest).defaultEntry?.kernel, '/efi', 'the first of a name wins');
});

t.test('a menu of kiwi: commands and options in variables', async (t) => {
  const menu = menuOf(`set linux=linux
set initrd=initrd
if [ "\${grub_platform}" = "efi" ]; then
  set linux=linuxefi
  set initrd=initrdefi
fi
if [ "\${next_entry}" ] ; then
  set default="\${next_entry}"
else
  set default="0"
fi
set opts="splash  quiet"
menuentry "Live" --class os --unrestricted {
  $linux ($root)/boot/linux \${isoboot} $opts root=live:CDLABEL=X x=$opts
  $initrd ($root)/boot/initrd
}`);
  t.same(menu.defaultEntry, {
    title: 'Live',
    kernel: '/boot/linux',
    initrds: ['/boot/initrd'],
    append: 'splash quiet root=live:CDLABEL=X x=splash quiet',
  });
});

t.test('quoting', async (t) => {
  const menu = menuOf(String.raw`opts="x  y"
menuentry "it's \"$opts\"" { linux /k two="a b" 'single $x' esc\ aped $opts "$opts" one\
word a#b # comment
initrd /i; }`);
  t.match(menu.entries[0], {
    title: `it's "x  y"`,
    kernel: '/k',
    initrds: ['/i'],
    append: '"two=a b" "single $x" "esc aped" x y "x  y" oneword a#b',
  });
});

t.test('damaged or endless configurations end', async (t) => {
  t.same(menuOf('menuentry "open { linux /k').entries, []);
  t.equal(menuOf('} menuentry x { linux /k').defaultEntry?.kernel, '/k');
  t.same(menuOf('source /boot/grub/grub.cfg\n'.repeat(3)).entries, []);
  const back = 'menuentry Back { configfile /boot/grub/grub.cfg }\nmenuentry A { linux /a }';
  t.same(
    menuOf(back).entries.map(({ title }) => title),
    ['Back', 'A'],
  );
  const chain = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [
      `/${String(index)}`,
      `source /${String(index + 1)}\n`.repeat(2),
    ]),
  );
  t.same(menuOf('source /0', chain).entries, [], 'not 2 to the power of 40 files');

  const size = 1024 * 1024;
  const floods = [
    ...['{ ', '${', '$', '"', "'", '\\', ' #', 'menuentry a { ', 'submenu $root { '],
    'set a="$a$a$root"\n',
    'menuentry x { linux /k $a $a }\nset a="$a $root"\n',
  ];
  for (const flood of floods) {
    const begun = performance.now();
    menuOf(flood.repeat(size / flood.length));
    t.ok(performance.now() - begun < 20_000, JSON.stringify(flood));
  }
  const title = `submenu ${'t'.repeat(size / 2)} {\n`;
  t.ok(menuOf(title + 'menuentry a { linux /k }\n'.repeat(20_000)).entries.length < 100);
});
