import { join } from 'node:path';
import { generateKeyPair, writeKeyPair } from '../channel/ssh/key-pair.js';
import type { RunKeys } from './vm-host.js';

/** Makes the keys of one run: root's login, and a host key for images that take one. */
export async function makeRunKeys(directory: string): Promise<RunKeys> {
  const client = await writeKeyPair(generateKeyPair('tapboot'), join(directory, 'keys'));
  const host = generateKeyPair('tapboot-host');
  return {
    authorizedKey: client.publicKey,
    clientPrivateKey: client.privateKey,
    clientKeyFile: client.path,
    hostPrivateKey: host.privateKey,
    hostPublicKey: host.publicKey.split(' ').slice(0, 2).join(' '),
    fingerprint: client.fingerprint,
  };
}
