import { readFileSync } from 'node:fs';
import t from 'tap';
import { withoutNoise } from '../../../../driver/channel/console/noise.js';
import { ConsoleTranscript } from '../../../../driver/channel/console/transcript.js';
import { whatWaits, type Waiting } from '../../../../driver/channel/console/what-waits.js';

const transcript = (): ConsoleTranscript =>
  new ConsoleTranscript({ sink: { write: () => true }, clock: () => 0 });

const waiting = (shown: ConsoleTranscript, loggedIn = false): Waiting => {
  const { placed, lineEditor } = shown;
  return whatWaits({ view: withoutNoise(shown.text()), placed, lineEditor, loggedIn });
};

const after = (text: string, loggedIn = false): Waiting => {
  const shown = transcript();
  shown.push(Buffer.from(text));
  return waiting(shown, loggedIn);
};

const recording = (name: string): Buffer =>
  readFileSync(new URL(`../../../fixtures/console/${name}.log`, import.meta.url));

const TYPED_INTO: ReadonlySet<string> = new Set(['login', 'login-written-over', 'enter', 'shell']);

const BOOT_LOADERS = {
  'isolinux-menu': { at: 'nothing' },
  'isolinux-prompt': { at: 'nothing' },
  'grub-menu': { at: 'boot-loader', name: 'GRUB' },
  'grub-menu-serial': { at: 'boot-loader', name: 'GRUB' },
  'grub-prompt': { at: 'boot-loader', name: 'GRUB' },
  'uefi-shell': { at: 'boot-loader', name: 'UEFI' },
  'uefi-network': { at: 'boot-loader', name: 'UEFI' },
  ipxe: { at: 'nothing' },
  'ipxe-prompt': { at: 'boot-loader', name: 'iPXE' },
};

for (const [name, end] of Object.entries(BOOT_LOADERS)) {
  t.test(`${name}: wherever it may stop, nothing is typed`, async (t) => {
    const shown = transcript();
    const bytes = recording(name);
    for (const [index, byte] of bytes.entries()) {
      shown.push(Uint8Array.of(byte));
      const { at } = waiting(shown);
      if (TYPED_INTO.has(at) || at === 'password' || at === 'quiet') {
        t.fail(`${at} behind byte ${String(index)}: ${shown.tail(1)}`);
        return;
      }
    }
    t.same(waiting(shown), end);
    shown.push(Buffer.from('\r\nDebian GNU/Linux 12 debian ttyS0\r\n\r\ndebian login: '));
    t.same(waiting(shown), { at: 'login' }, 'the system behind it is met');
  });
}

t.test('menus and prompts of boot loaders, by name', async (t) => {
  const upTo = (name: string, text: string): Waiting => {
    const shown = transcript();
    const bytes = recording(name);
    shown.push(bytes.subarray(0, bytes.indexOf(text) + text.length));
    return waiting(shown);
  };
  t.same(upTo('isolinux-menu', 'Automatic boot in '), { at: 'boot-loader', name: 'SYSLINUX' });
  t.same(upTo('isolinux-prompt', 'boot: '), { at: 'boot-loader', name: 'SYSLINUX' });
  t.same(upTo('ipxe', 'command line...'), { at: 'boot-loader', name: 'iPXE' });
  t.same(after('\x1b[2J\x1b[5;9HDefault login: '), {
    at: 'boot-loader',
    name: 'something that draws a screen',
  });
  for (const prompt of ['FS0:\\EFI> ', 'FS0:\\> ', 'Shell> ']) {
    t.same(after(`\r\n${prompt}`), { at: 'boot-loader', name: 'UEFI' }, prompt);
  }
  t.same(
    after('ISOLINUX 6.04\r\nlogin: root, press Enter to log in\r\nboot: '),
    { at: 'boot-loader', name: 'SYSLINUX' },
    'whatever its help says',
  );
  t.same(after('ISOLINUX 6.04\r\nlogin: root\r\nPress Enter to boot a live shell'), {
    at: 'unknown',
    line: 'Press Enter to boot a live shell',
  });
});

t.test('a boot that has failed, or asks for something else', async (t) => {
  for (const name of ['emergency', 'initramfs-prompt', 'panic-no-root', 'init-crash']) {
    const shown = transcript();
    for (const byte of recording(name)) {
      shown.push(Uint8Array.of(byte));
      const { at } = waiting(shown);
      if (!TYPED_INTO.has(at)) continue;
      t.fail(`${name}: ${at}: ${shown.tail(1)}`);
      break;
    }
  }
  t.same(after('Press Enter for maintenance\r\n(or press Control-D to continue): '), {
    at: 'unknown',
    line: '(or press Control-D to continue): ',
  });
  t.same(after('\r\ndracut:/# '), { at: 'unknown', line: 'dracut:/# ' });
  t.same(after('Enter passphrase for /dev/vda2: '), {
    at: 'unknown',
    line: 'Enter passphrase for /dev/vda2:',
  });
  t.same(after('Checking the medium: 45% '), { at: 'unknown', line: 'Checking the medium: 45%' });
  t.same(after('######## '), { at: 'unknown', line: '########' });
  t.same(after('Press the [f] key and hit [enter] to enter failsafe mode\r\n'), { at: 'nothing' });
});

t.test('shells are found by all kinds of prompts', async (t) => {
  const prompts = {
    'bash of Debian': 'root@host:~# ',
    'without a blank': 'root@host:~#',
    'Red Hat': '[root@host ~]# ',
    NixOS: '\x1b]0;root@nixos: ~\x07\n\x1b[1;31m[\x1b[0mroot@nixos:~\x1b[1;31m]#\x1b[0m ',
    'a user of NixOS': '\n\x1b[1;32m[nixos@nixos:~]$\x1b[0m ',
    grml: '\x1b[1m\x1b[31mroot\x1b[0m@grml \x1b[1m~\x1b[0m # ',
    busybox: '~ # ',
    'dash of root': '# ',
    'dash of a user': '$ ',
    'bash without a profile': 'bash-5.2# ',
    zsh: '\x1b[1m\x1b[7m%\x1b[27m\x1b[1m\x1b[0m          \r \r\r\x1b[0m\x1b[27m\x1b[24m\x1b[Jhost# \x1b[K',
    'zsh of a user': 'host1% ',
    tcsh: 'host:~> ',
    openSUSE: 'localhost:~ # ',
    'two lines': '\r\n┌──(root㉿kali)-[~]\r\n└─# ',
    'an odd one, read by a line editor': '\x1b[?2004h❯ ',
    'one with a service’s words behind': '\x1b[?2004h❯ \r\nLAN IPv4 address: 10.0.2.15\r\n',
    'a kernel line within': 'root@ho[   11.000001] sd 0:0:0:0: ready\r\nst:~# ',
    'an odd one after an automatic login': 'live login: root (automatic login)\r\n\r\n>>> ',
    'an odd one after a login': 'Last login: Mon Nov 29 on ttyS0\r\n>>> ',
    'a prompt written over': 'live login: root (automatic login)\r\n~ # \r\nLAN is up\r\n',
  };
  for (const [name, prompt] of Object.entries(prompts)) {
    t.same(after(`\r\n${prompt}`), { at: 'shell' }, name);
  }
  t.same(
    after('\x1b[5;9HOne\x1b[6;78H\r\n\x1b7\x1b[32766;32766H\x1b[6n\x1b8~ # '),
    { at: 'shell' },
    'systemd asks for the size of the terminal',
  );
});

t.test('a prompt that nobody knows is left alone', async (t) => {
  t.same(after('\r\n>>> '), { at: 'unknown', line: '>>>' });
  t.same(after('\r\n>>> ', true), { at: 'shell' }, 'but not behind a login');
  t.same(after('debian login: root (automatic login)\r\n\r\n'), { at: 'quiet' });
});

t.test('login prompts, and lines that ask for Enter', async (t) => {
  t.same(after('\r\ndebian login: '), { at: 'login' });
  t.same(after('\x1b[H\x1b[Jlogin: '), { at: 'login' }, 'getty clears the screen');
  t.same(after('live lo[   11.000001] sd 0: ready\r\ngin: [   11.200000] x\r\n'), { at: 'login' });
  t.same(after('\r\ndebian login: random: crng init done\r\n'), { at: 'login-written-over' });
  t.same(after('Last login: never\r\n'), { at: 'quiet' });
  for (const line of [
    'Please press Enter to activate this console. ',
    '[press ENTER to login]',
    'Press <Return> to open a root shell',
    'Hit Enter for a login',
  ]) {
    t.same(after(`\r\n${line}`), { at: 'enter' }, line);
    t.same(after(`\r\n${line}\r\n[    4.010101] sd 0:0:0:0: ready\r\n`), { at: 'enter' });
  }
});
