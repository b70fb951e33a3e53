import { readFile, stat, writeFile } from 'node:fs/promises';
import t from 'tap';
import { writeCredentials } from '../../../driver/machine/credentials.js';
import {
  authorizeKey,
  waitForSshd,
} from '../../../driver/machine/guest-scripts/scripts.generated.js';
import { withArguments } from '../../../driver/quote.js';
import { execa } from 'execa';

t.test('credentials go through private files, not through arguments', async (t) => {
  const files = await writeCredentials(t.testdir(), {
    authorizedKey: 'ssh-ed25519 AAAA tapboot',
    hostPrivateKey: 'PRIVATE\n',
  });
  t.equal(files.length, 2);
  for (const file of files) t.equal((await stat(file)).mode & 0o777, 0o600);
  const [keys, host] = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const decoded = (text = ''): string =>
    Buffer.from(text.split('=', 2)[1] ?? '', 'base64').toString();
  t.match(keys, /^io\.systemd\.credential\.binary:ssh\.authorized_keys\.root=/);
  t.equal(decoded(keys), 'ssh-ed25519 AAAA tapboot\n');
  t.match(host, /^io\.systemd\.credential\.binary:ssh_host_ed25519_key=/);
  t.equal(decoded(host), 'PRIVATE\n');
});

t.test('a key is installed once, beside those that are there', async (t) => {
  const root = t.testdir();
  for (const key of ['ssh-ed25519 AAAA one', 'ssh-ed25519 AAAA one', 'ssh-ed25519 BBBB two']) {
    await execa('sh', ['-c', withArguments(authorizeKey.replaceAll('/root', root), key)]);
  }
  t.equal(
    await readFile(`${root}/.ssh/authorized_keys`, 'utf8'),
    'ssh-ed25519 AAAA one\nssh-ed25519 BBBB two\n',
  );
});

t.test('sshd is waited for, whichever tables there are', async (t) => {
  const [other, sshd] = ['0100007F:0019 00000000:0000 0A', '00000000:0016 00000000:0000 0A'];
  for (const shell of ['dash', 'bash']) {
    const net = t.testdir({ tcp: `   0: ${other} x\n` });
    const command = waitForSshd.replaceAll('/proc/net', net);
    const waiting = execa(shell, ['-c', command], { timeout: 500, reject: false });
    t.equal((await waiting).timedOut, true, 'a guest without IPv6, and nothing listens');
    await writeFile(`${net}/tcp`, `   0: ${other} x\n   1: ${sshd} x\n`);
    t.equal((await execa(shell, ['-c', command], { timeout: 20_000 })).exitCode, 0);
  }
});
