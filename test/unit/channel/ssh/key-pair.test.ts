import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import ssh2 from 'ssh2';
import t from 'tap';
import {
  fingerprintOf,
  generateKeyPair,
  writeKeyPair,
} from '../../../../driver/channel/ssh/key-pair.js';

t.test('OpenSSH reads the keys, and agrees about the fingerprint', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'tapboot-key-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const file = await writeKeyPair(generateKeyPair('a comment'), join(directory, 'keys'));
  t.equal(statSync(file.path).mode & 0o777, 0o600);
  t.equal(statSync(join(directory, 'keys')).mode & 0o777, 0o700);
  const { stdout: publicKey } = await execa('ssh-keygen', ['-y', '-f', file.path]);
  t.equal(publicKey, file.publicKey);
  t.match(file.publicKey, /^ssh-ed25519 \S+ a comment$/);
  const { stdout: listed } = await execa('ssh-keygen', ['-l', '-f', file.path]);
  t.match(listed, file.fingerprint);
  t.equal(fingerprintOf(publicKey), file.fingerprint);
});

t.test('no two pairs are alike', async (t) => {
  t.not(generateKeyPair().privateKey, generateKeyPair().privateKey);
});

t.test('no pair is one that OpenSSH refuses', async (t) => {
  // ssh2 makes one such pair of 256: that none of 3000 is there by luck has a chance of 1e-5.
  const pairs = Array.from({ length: 3000 }, () => generateKeyPair());
  const broken = pairs.filter(({ privateKey, publicKey }) =>
    [privateKey, publicKey].some((key) => ssh2.utils.parseKey(key) instanceof Error),
  );
  t.same(broken, []);
});
