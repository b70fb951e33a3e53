import { createHash } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ssh2 from 'ssh2';

/** An ed25519 key pair in OpenSSH's own formats. */
export interface SshKeyPair {
  /** `-----BEGIN OPENSSH PRIVATE KEY-----` …, without passphrase. */
  privateKey: string;
  /** `ssh-ed25519 AAAA… comment`, one line without newline. */
  publicKey: string;
  /** As `ssh-keygen -l` has it: `SHA256:…`. */
  fingerprint: string;
}

/** A key pair and the file that `ssh -i` takes. */
export interface SshKeyFile extends SshKeyPair {
  /** Private key, mode 0600; the public key lies beside it with `.pub`. */
  path: string;
}

/** Bytes of an ed25519 public key's wire form: two lengths, the name, the key (RFC 8709 §4). */
const BLOB_BYTES = 4 + 'ssh-ed25519'.length + 4 + 32;

/**
 * Makes an ephemeral key pair; used for root's login as well as for the guest's host key.
 * The keys are in memory only: see {@link writeKeyPair} for files.
 */
export function generateKeyPair(comment = 'tapboot'): SshKeyPair {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment });
    const publicKey = pair.public.trim();
    // ssh2 1.17 drops leading zero bytes of the key itself (mscdex/ssh2#1513): one pair of 256
    // is one that no sshd takes. Such a pair is thrown away.
    if (keyBlob(publicKey).byteLength !== BLOB_BYTES) continue;
    return { privateKey: pair.private, publicKey, fingerprint: fingerprintOf(publicKey) };
  }
}

/**
 * Writes a key pair where OpenSSH's tools can use it.
 * @param directory made with mode 0700 when it is not there
 */
export async function writeKeyPair(
  pair: SshKeyPair,
  directory: string,
  name = 'id_ed25519',
): Promise<SshKeyFile> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, name);
  const text = pair.privateKey.endsWith('\n') ? pair.privateKey : `${pair.privateKey}\n`;
  await writeFile(path, text, { mode: 0o600 });
  // `mode` counts only for a new file: one that was there keeps its own.
  await chmod(path, 0o600);
  await writeFile(`${path}.pub`, `${pair.publicKey}\n`, { mode: 0o644 });
  return { ...pair, path };
}

/**
 * Fingerprint of a public key.
 * @param publicKey a line as in `authorized_keys` or `*.pub` (without options before the type)
 */
export function fingerprintOf(publicKey: string): string {
  return fingerprintOfBlob(keyBlob(publicKey));
}

/** Fingerprint of a key as it goes over the wire. */
export function fingerprintOfBlob(blob: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** The wire form (RFC 4253 §6.6) of a public key line. */
export function keyBlob(publicKey: string): Buffer {
  return Buffer.from(publicKey.trim().split(/\s+/)[1] ?? '', 'base64');
}
