import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Keys that a guest is handed at boot. */
export interface GuestCredentials {
  /** One line for `authorized_keys`. */
  authorizedKey: string;
  /** Host private key in OpenSSH format, for images that take it. */
  hostPrivateKey: string;
}

/** Credential with root's authorized keys (systemd.system-credentials(7), since 252). */
const AUTHORIZED_KEYS = 'ssh.authorized_keys.root';

/** Credential with sshd's host key; an image may take it, or make a key of its own at boot. */
const HOST_KEY = 'ssh_host_ed25519_key';

/**
 * Writes the SMBIOS type 11 strings that hand `credentials` to systemd
 * (`io.systemd.credential.binary:NAME=BASE64`, systemd.system-credentials(7)). They go
 * through files, so that no private key shows in QEMU's recorded arguments.
 * @returns the files, mode 0600
 */
export async function writeCredentials(
  directory: string,
  credentials: GuestCredentials,
): Promise<string[]> {
  const values: [string, string][] = [
    [AUTHORIZED_KEYS, `${credentials.authorizedKey.trim()}\n`],
    [HOST_KEY, credentials.hostPrivateKey],
  ];
  const files: string[] = [];
  for (const [name, value] of values) {
    const file = join(directory, `credential-${name}`);
    const encoded = Buffer.from(value).toString('base64');
    await writeFile(file, `io.systemd.credential.binary:${name}=${encoded}`, { mode: 0o600 });
    files.push(file);
  }
  return files;
}
