import { readFile, stat } from 'node:fs/promises';
import t from 'tap';
import { writeCredentials } from '../../../driver/machine/credentials.js';
import { installAuthorizedKey } from '../../../driver/machine/ssh.js';
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
  const command = installAuthorizedKey('ssh-ed25519 AAAA one').replaceAll('/root', root);
  await execa('sh', ['-c', command]);
  await execa('sh', ['-c', command]);
  await execa('sh', ['-c', installAuthorizedKey('ssh-ed25519 BBBB two').replaceAll('/root', root)]);
  t.equal(
    await readFile(`${root}/.ssh/authorized_keys`, 'utf8'),
    'ssh-ed25519 AAAA one\nssh-ed25519 BBBB two\n',
  );
});
