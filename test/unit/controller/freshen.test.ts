import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { freshenCommand, replaceAuthorizedKey } from '../../../driver/controller/freshen.js';
import { freshenProgram } from '../../../driver/controller/freshen-program.js';

t.test('the command writes the program byte by byte, in bash and in sh', async (t) => {
  const directory = t.testdir({});
  for (const shell of ['bash', 'sh']) {
    const file = join(directory, shell);
    writeFileSync(file, '');
    // Without the right to execute, so that nothing runs: the fallback would.
    const printing = /printf '[^']*'/.exec(freshenCommand(1_700_000_000_500))?.[0] ?? '';
    await execa(shell, ['-c', `${printing} > ${file}`]);
    const written = readFileSync(file);
    t.equal(written.subarray(1, 4).toString(), 'ELF');
    t.equal(written.length, freshenProgram(0, randomBytes(64)).length);
    t.ok(written.includes(Buffer.from('/dev/urandom\0')));
  }
});

t.test('the program is one that Linux runs, as far as it can be seen from here', async (t) => {
  const file = join(t.testdir({}), 'freshen');
  writeFileSync(file, freshenProgram(Date.now(), randomBytes(64)));
  chmodSync(file, 0o700);
  const known = await execa('file', ['--brief', file], { reject: false });
  if (known.exitCode === 0) t.match(known.stdout, /ELF 64-bit LSB executable, x86-64/);
  t.ok(existsSync(file));
});

t.test('one key takes the place of another, and the others stay', async (t) => {
  const directory = t.testdir({ keys: "ssh-ed25519 AAAA other's\nssh-ed25519 OLD run\nlast" });
  const file = join(directory, 'keys');
  for (const shell of ['bash', 'sh']) {
    const [old, key] = shell === 'bash' ? ['OLD', 'NEW'] : ['NEW', 'NEWER'];
    const command = replaceAuthorizedKey(
      `ssh-ed25519 ${old} run\n`,
      `ssh-ed25519 ${key} run`,
      file,
    );
    await execa(shell, ['-c', command]);
    t.strictSame(readFileSync(file, 'utf8').split('\n').sort(), [
      '',
      'last',
      "ssh-ed25519 AAAA other's",
      `ssh-ed25519 ${key} run`,
    ]);
  }
  const none = join(directory, 'new/keys');
  await execa('sh', ['-c', replaceAuthorizedKey('a', 'ssh-ed25519 NEW run', none)]);
  t.equal(readFileSync(none, 'utf8'), 'ssh-ed25519 NEW run\n');
  t.equal(statSync(none).mode & 0o777, 0o600);
});
