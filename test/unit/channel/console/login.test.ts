import { readFileSync } from 'node:fs';
import t from 'tap';
import { login } from '../../../../driver/channel/console/login.js';
import { consoleWithPeer, play, shellAnswer, type Peer } from './peer.js';

/** Dialogues as real guests hold them; the guests themselves are met in test/vm. */

const ROOT = { root: 'console', user: 'root' } as const;

/** getty and login in miniature. `password` undefined: none is asked for. */
function getty(peer: Peer, users: Record<string, string | undefined>, uid: number): void {
  let state: 'name' | 'password' | 'shell' = 'name';
  let name = '';
  const prompt = '\x1b]0;t\x07\r\n\x1b[1;32m[user@live:~]$\x1b[0m ';
  peer.say('\r\nlive login: ');
  play(
    peer,
    (line) => {
      if (state === 'name') {
        name = line;
        if (name in users && users[name] === undefined) {
          state = 'shell';
          return `Last login: never\r\n${prompt}`;
        }
        state = line === '' ? 'name' : 'password';
        return line === '' ? 'live login: ' : 'Password: ';
      }
      if (state === 'password') {
        state = users[name] === line ? 'shell' : 'name';
        return state === 'shell' ? prompt : '\r\nLogin incorrect\r\nlive login: ';
      }
      return shellAnswer(line, uid) + prompt;
    },
    () => state !== 'password',
  );
}

t.test('login: and no password', async (t) => {
  const peer = consoleWithPeer();
  let prompts = 0;
  getty(peer, { root: undefined }, 0);
  const session = await login(peer.console, ROOT, { timeoutMs: 20_000, onPrompt: () => prompts++ });
  t.equal(session.shell, 'bash');
  t.equal(prompts, 1);
  t.equal(peer.typed[0], 'root\\n');
  t.equal(session.typedBytes, peer.console.typedBytes);
});

t.test('a password is typed and not logged', async (t) => {
  const peer = consoleWithPeer();
  getty(peer, { root: 'geheim' }, 0);
  await login(peer.console, { ...ROOT, password: 'geheim' }, { timeoutMs: 20_000 });
  t.notMatch(peer.typed.join('\n'), /geheim/);
  t.equal(peer.typed[1], '(hidden)');
});

t.test('an empty password that is asked for', async (t) => {
  const peer = consoleWithPeer();
  getty(peer, { root: '' }, 0);
  await login(peer.console, ROOT, { timeoutMs: 20_000 });
  t.equal(peer.typed[1], '\\n');
});

t.test('a wrong password is a clear error and no endless loop', async (t) => {
  const peer = consoleWithPeer();
  getty(peer, { root: 'other' }, 0);
  await t.rejects(login(peer.console, { ...ROOT, password: 'x' }, { timeoutMs: 20_000 }), {
    code: 'TAPBOOT_E_LOGIN_REFUSED',
    failureClass: 'scenario',
    details: { got: 'Login incorrect' },
  });
});

t.test('a kernel line in the middle of login:, and behind it', async (t) => {
  const peer = consoleWithPeer();
  getty(peer, { root: undefined }, 0);
  peer.say('\r\nlive lo[   11.000001] sd 0:0:0:0: ready\r\ngin: [   11.200000] md: x\r\n');
  await login(peer.console, ROOT, { timeoutMs: 20_000 });
  t.equal(peer.typed[0], 'root\\n');
});

t.test('a service writes behind the prompt of the shell', async (t) => {
  const peer = consoleWithPeer();
  peer.say('\r\ndebian login: ');
  play(peer, (line) =>
    line === 'root'
      ? '\x1b[?2004hroot@debian:~# \r\r\nLAN IPv4 address: 10.0.2.15\r\r\n'
      : `${shellAnswer(line, 0)}root@debian:~# `,
  );
  await login(peer.console, ROOT, { timeoutMs: 20_000 });
  t.equal(peer.typed[0], 'root\\n');
  t.match(peer.typed[1], /printf/, 'it is asked, without a long silence before');
});

t.test('autologin: a shell is there at once, nobody asks for a name', async (t) => {
  const peer = consoleWithPeer();
  peer.say('live login: root (automatic login)\r\n\r\n\x1b[31mroot@live:~#\x1b[0m ');
  play(peer, (line) => `${shellAnswer(line, 0)}root@live:~# `);
  await login(peer.console, ROOT, { timeoutMs: 20_000 });
  t.match(peer.typed[0], /printf/);
});

t.test('nothing is typed while the old line editor may still read ahead', async (t) => {
  const peer = consoleWithPeer();
  const early: string[] = [];
  let busy = false;
  peer.say('root@live:~# ');
  peer.guest.on('data', (chunk: Buffer) => {
    if (busy) early.push(chunk.toString());
    const line = chunk.toString();
    // The terminal echoes a line at once; the editor that runs it does so again, later.
    peer.say(line.replace(/\x15/, '').replace('\r', '\r\n'));
    busy = true;
    setTimeout(() => {
      busy = false;
      peer.say(shellAnswer(line, 0));
    }, 300);
  });
  await login(peer.console, ROOT, { timeoutMs: 20_000 });
  t.same(early, []);
  t.match(peer.typed, [
    /printf/,
    /printf.*; exec bash .*2>\/dev\/null/,
    /exec 2>&1.*-t 2 \].*printf/,
  ]);
});

t.test('again: a quiet shell is asked at once, and old prompts do not count', async (t) => {
  const peer = consoleWithPeer();
  peer.say('live login: root\r\nroot@live:~# exec bash\r\n');
  play(peer, (line) => shellAnswer(line, 0));
  await peer.console.expect('exec bash', { from: 'boot', timeoutMs: 15_000 });
  await login(peer.console, ROOT, { timeoutMs: 15_000, again: true });
  t.match(peer.typed[0], /printf/);
});

t.test('again: where somebody has logged out, a name is given', async (t) => {
  const peer = consoleWithPeer();
  getty(peer, { root: undefined }, 0);
  await login(peer.console, ROOT, { timeoutMs: 15_000, again: true });
  t.equal(peer.typed[0], 'root\\n');
});

t.test('a user becomes root by the first way that works', async (t) => {
  const peer = consoleWithPeer();
  let uid = 1000;
  peer.say('[nixos@nixos:~]$ ');
  play(peer, (line) => {
    if (/sudo -n -i$/.test(line)) return 'sudo: a password is required\r\n$ ';
    if (/sudo -i$/.test(line)) return 'nixos is not in the sudoers file.\r\n$ ';
    if (/su -$/.test(line)) uid = 0;
    return `${shellAnswer(line, uid)}$ `;
  });
  const session = await login(
    peer.console,
    { root: 'console', user: 'nixos' },
    { timeoutMs: 20_000 },
  );
  t.equal(session.shell, 'bash');
});

t.test('when no way leads to root, the error says what each one said', async (t) => {
  const peer = consoleWithPeer();
  peer.say('$ ');
  play(peer, (line) => {
    if (line.includes('sudo')) return 'bash: sudo: command not found\r\n$ ';
    if (/su -$/.test(line)) return 'su: Authentication failure\r\n$ ';
    return `${shellAnswer(line, 1000)}$ `;
  });
  await t.rejects(login(peer.console, { root: 'console', user: 'nixos' }, { timeoutMs: 30_000 }), {
    code: 'TAPBOOT_E_ROOT_REFUSED',
    details: { output: /sudo -i: .*not found\nsu -: su: Authentication failure/ },
  });
});

t.test('a console without a prompt is a timeout with its last lines', async (t) => {
  const peer = consoleWithPeer();
  peer.say('Loading Linux ...\r\n');
  await t.rejects(login(peer.console, ROOT, { timeoutMs: 300 }), {
    code: 'TAPBOOT_E_LOGIN_TIMEOUT',
    failureClass: 'guest-dead',
    details: { output: 'Loading Linux ...' },
  });
});

t.test('nothing is typed into a menu, and the timeout says what waited', async (t) => {
  const menu = readFileSync(
    new URL('../../../fixtures/console/isolinux-menu.log', import.meta.url),
    'latin1',
  );
  const prompt = 'ISOLINUX 6.04 20200816\r\nboot: ';
  const cases = [
    [menu.slice(0, menu.indexOf('4\x1b')), 'SYSLINUX waits for a choice'],
    [prompt, 'SYSLINUX waits for a choice'],
    ['\r\nUEFI Interactive Shell v2.2\r\nShell> ', 'UEFI waits for a choice'],
    ['\r\n>>> ', /^an unfinished line that is no login prompt, .*: “>>>”$/],
    ['\r\nPassword: ', /^a question for a password/],
  ] as const;
  await Promise.all(
    cases.map(async ([shown, got]) => {
      const peer = consoleWithPeer();
      peer.say(shown);
      await t.rejects(login(peer.console, ROOT, { timeoutMs: 1500 }), {
        code: 'TAPBOOT_E_LOGIN_TIMEOUT',
        details: { got },
      });
      t.same(peer.typed, []);
    }),
  );
});

t.test('Enter where a line asks for it, and an odd prompt behind it is asked', async (t) => {
  const peer = consoleWithPeer();
  peer.say('\r\nPlease press Enter to activate this console. ');
  play(peer, (line) => `${line === '' ? '' : shellAnswer(line, 0)}\r\n=> `);
  await login(peer.console, ROOT, { timeoutMs: 20_000 });
  t.equal(peer.typed[0], '\\n');
  t.match(peer.typed[1], /printf/);
});

t.test('an unstamped line behind login: is answered by Enter, and then the name', async (t) => {
  const peer = consoleWithPeer();
  getty(peer, { root: undefined }, 0);
  peer.say('random: crng init done\r\n');
  await login(peer.console, ROOT, { timeoutMs: 20_000 });
  t.same(peer.typed.slice(0, 2), ['\\n', 'root\\n']);
});
