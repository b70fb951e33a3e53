import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import t, { type Test } from 'tap';
import { standInArguments } from '../../../bench/stand-in/arguments.js';
import { SerialConsole } from '../../../bench/stand-in/console.js';
import { StandInGuest } from '../../../bench/stand-in/guest.js';

t.test('QEMU gets the arguments that the incumbent recorded', async (t) => {
  const given = standInArguments({
    iso: '/images/a.iso',
    disks: ['/disks/0.img', '/disks/a,b.img'],
    sshPort: 43613,
  });
  t.equal(
    given.join(' '),
    '-m 2048 -smp 2 -display none -no-reboot -boot d -serial stdio -cdrom /images/a.iso ' +
      '-drive file=/disks/0.img,if=virtio,format=raw ' +
      '-drive file=/disks/a,,b.img,if=virtio,format=raw -device virtio-rng-pci ' +
      '-netdev user,id=net0,hostfwd=tcp:127.0.0.1:43613-:22 -device virtio-net-pci,netdev=net0',
  );
});

t.test('it shares no code with tapboot', async (t) => {
  const room = new URL('../../../bench/stand-in/', import.meta.url).pathname;
  for (const file of await readdir(room)) {
    const text = await readFile(join(room, file), 'utf8');
    const imported = [...text.matchAll(/from '([^']+)'|import\(/g)].map(([, name = '?']) => name);
    for (const name of imported) t.match(name, /^(?:node:|\.\/)/, `${file}: ${name}`);
    t.notMatch(text, /\bsleep\b|setInterval/, `${file}: waits for output only`);
  }
});

t.test('a console: what was said once is found once, control sequences are gone', async (t) => {
  const output = new PassThrough();
  const console = new SerialConsole(output, new PassThrough());
  const prompt = console.waitFor(/login: /, 'a prompt', 10);
  for (const chunk of ['\x1b[?20', '04h\x1b]0;title', '\x07\x1b[1;32mhost lo', '\x1b[0mgin: ']) {
    output.write(chunk);
  }
  await prompt;
  t.equal(console.text, 'host login: ');
  await t.rejects(console.waitFor(/login: /, 'a second prompt', 0.02), {
    message:
      /a second prompt: nothing of the kind in 0\.02 s\nthe console's last lines:\nhost login:/,
  });
  const late = t.rejects(console.waitFor(/more/, 'more', 10), { message: /more: QEMU has ended/ });
  console.end(new Error('QEMU has ended'));
  await late;
});

/** A guest of shell scripts: `login` is what the console's process does; `sudo` makes root. */
function guestOf(t: Test, login: string): SerialConsole {
  const bin = t.testdir({
    id: '#!/bin/sh\necho "${FAKE_UID:-1000}"\n',
    sudo: '#!/bin/sh\nprintf "root@live:~# "\nFAKE_UID=0 exec bash\n',
  });
  const script = `PATH=${bin}:$PATH; chmod +x ${bin}/*; ${login}`;
  const child = spawn('bash', ['-c', script], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  t.teardown(() => {
    // What `sudo` started belongs to its group.
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  });
  return new SerialConsole(child.stdout, child.stdin);
}

t.test('a live user who is logged in becomes root; answers are whole', async (t) => {
  const console = guestOf(
    t,
    'printf "Debian\\n\\nlive login: user (automatic login)\\n\\nuser@live:~$ "; exec bash',
  );
  const guest = await StandInGuest.login(console);
  t.strictSame(await guest.run('id -u'), { output: '0\n', status: 0 });
  t.strictSame(await guest.run('echo a; echo b >&2; exit_with() { return 3; }; exit_with'), {
    output: 'a\nb\n',
    status: 3,
  });
  t.strictSame(await guest.run('printf "no end of line"'), { output: 'no end of line', status: 0 });
  t.strictSame(await guest.run('cat'), { output: '', status: 0 }, 'nobody waits for input');
  await t.rejects(guest.run('read -r line <"$(mktemp -u)" || exec sleep 100', 0.2), {
    message: /the end of `read/,
  });
});

t.test('root logs in where the console asks for a name', async (t) => {
  const console = guestOf(
    t,
    'printf "\\nlive login: "; read -r name; printf "%s\\nroot@live:~# " "$name"; export FAKE_UID=0; exec bash',
  );
  const guest = await StandInGuest.login(console);
  t.match(console.text, /live login: root\n/);
  t.equal((await guest.run('id -u')).output, '0\n');
});

t.test('a console that never leads to root is an error', async (t) => {
  const console = guestOf(
    t,
    'printf "user@live:~$ "; sudo() { printf "root@live:~# "; }; export -f sudo; exec bash',
  );
  await t.rejects(StandInGuest.login(console), { message: /sudo -i does not lead to root/ });
});
