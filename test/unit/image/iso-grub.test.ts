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
    ['Text mode', 'Installer (nomodeset)', 'Installer ', 'Accessibility > Large font', 'Shutdown'],
  );
});

t.test('casper: the platform decides what else is in the menu', async (t) => {
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
    ['Try or Install', 'Test memory'],
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

t.test('the language: quoting, splitting, functions, loops, lists', async (t) => {
  const menu = menuOf(String.raw`
function boot_it { linux "$1" two="a b" 'single $x' esc\ aped $opts "$opts" ; initrd $2 }
opts="x  y"
for name in one two; do
  menuentry "entry $name" "arg-$name" { boot_it /k-$name /i-$name ; }
done
if false; then menuentry never { linux /never }
elif [ ! -e /missing -a 3 -gt 2 ]; then menuentry elif { linux /e }
else menuentry else { linux /e } ; fi
if test -n "$opts" ; then menuentry tested { linux /t } ; fi
while true; do menuentry loop { linux /l }; done
menuentry last { linux /$1 # comment
}`);
  t.same(
    menu.entries.map((entry) => entry.title),
    ['entry one', 'entry two', 'elif', 'tested', 'last'],
  );
  t.match(menu.entries[1], {
    kernel: '/k-two',
    initrds: ['/i-two'],
    append: '"two=a b" "single $x" "esc aped" x y "x  y"',
  });
  t.equal(menu.entries[4]?.kernel, '/last', '$1 is the title within the entry');
});

t.test('damaged or endless scripts end', async (t) => {
  t.equal(menuOf('menuentry "open { linux /k').entries.length, 1);
  t.equal(menuOf('} fi done menuentry x { linux /k }').defaultEntry?.kernel, '/k');
  t.same(menuOf('source /boot/grub/grub.cfg').entries, []);
  t.same(menuOf('function f { f }\nf').entries, []);
  t.equal(menuOf('menuentry x { configfile /boot/grub/grub.cfg }').entries.length, 1);
  const twice = 'source /boot/grub/grub.cfg\n'.repeat(3);
  t.same(menuOf(twice).entries, [], 'three times over itself: not 3 to the power of the depth');
});
