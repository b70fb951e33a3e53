import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Snapshot } from '../../../../driver/machine/snapshot/snapshot.js';
import type { BootImage } from '../../../../driver/image/image.js';
import type { SavedRam } from '../../../../driver/machine/snapshot/migration/formats.js';
import { createDisk, createOverlay } from '../../../../driver/machine/qemu/disks.js';
import { STATE_PROTOCOL, snapshotKey } from '../../../../driver/snapshots/store/key.js';

/** Names what a key is made of; a real one has much more in it. */
export const inputs = (name: string): { protocol: number; name: string } => ({
  protocol: STATE_PROTOCOL,
  name,
});

export const keyOf = (name: string): string => snapshotKey(inputs(name) as never);

export const IMAGE: BootImage = {
  provider: 'file',
  spec: 'file:x',
  identity: 'aa',
  cached: true,
  artifact: {},
  medium: { kind: 'direct', kernel: '/k', initrds: [], append: '' },
  access: { root: 'auto', user: 'root' },
};

/** A snapshot as a machine leaves it in `directory`: real qcow2 files, and noise for its RAM. */
export async function savedSnapshot(
  directory: string,
  name: string,
  ramBytes = 3_000_000,
): Promise<Snapshot & { ram: SavedRam }> {
  mkdirSync(directory, { recursive: true });
  const at = (file: string): string => join(directory, file);
  writeFileSync(at('ram'), randomBytes(ramBytes));
  writeFileSync(at('fd'), 'variables');
  await createDisk(at('vda.qcow2'), 1 << 20);
  await createDisk(at('vdb.qcow2'), 1 << 20);
  await createOverlay(at('vdb-1.qcow2'), at('vdb.qcow2'), 'qcow2');
  const disks = [
    { name: 'vda', sizeBytes: 1 << 20, path: at('vda.qcow2') },
    { name: 'vdb', sizeBytes: 1 << 20, path: at('vdb-1.qcow2') },
  ];
  return {
    key: keyOf(name),
    image: IMAGE,
    medium: IMAGE.medium,
    disks,
    machine: { memoryBytes: 1 << 29, cpus: 1, network: 'isolated', disks: [] },
    firmware: { code: '/c', variables: at('fd') },
    smbiosFiles: [],
    bootedAt: '2026-01-01T00:00:00.000Z',
    ageSeconds: 12.5,
    ram: { form: 'stream', file: at('ram'), bytes: ramBytes },
    proof: { nonce: `${keyOf(name)}-${randomBytes(4).toString('hex')}`, counter: 0 },
    console: Buffer.from(`console of ${name}`),
    timings: { bootToLoginSeconds: 1.5 },
    hostKey: 'ssh-ed25519 H',
    authorizedKey: 'ssh-ed25519 C',
  };
}
