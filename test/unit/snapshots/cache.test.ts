import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { NewEvent } from '../../../driver/events/events.js';
import { SnapshotCache } from '../../../driver/snapshots/cache.js';
import type { SnapshotCacheOptions } from '../../../driver/snapshots/cache.js';
import type { SnapshotInputs } from '../../../driver/snapshots/store/key.js';
import { SnapshotStore } from '../../../driver/snapshots/store/store.js';
import { inputs, keyOf, savedSnapshot } from './store/saved.js';

type Host = SnapshotCacheOptions['host'];

function host(qemu: string): { host: Host; events: NewEvent[]; lines: string[] } {
  const events: NewEvent[] = [];
  const lines: string[] = [];
  const part: Partial<Host> = {
    qemu: { executable: qemu, version: 'QEMU 7', major: 7, minor: 2 },
    accelerator: { name: 'tcg', reasons: [], remembered: false },
    emit: (event) => events.push(event),
    log: (line) => lines.push(line),
  };
  return { host: part as Host, events, lines };
}

t.test('a cache that cannot be used is said once, and fails nothing', async (t) => {
  const root = t.testdir();
  const directory = join(root, 'states');
  writeFileSync(directory, 'in the way');
  const store = new SnapshotStore({ directory, limitBytes: 1e9, notice: () => undefined });
  const state = await savedSnapshot(join(root, 'run'), 'a');
  const { host: nowhere, events, lines } = host('/nowhere/qemu');
  const digest = async (): Promise<string> => 'x';
  const cache = new SnapshotCache({ host: nowhere, image: state.image, store, digest });
  t.equal(await cache.key(state.machine), undefined, 'no QEMU, no key');
  t.match(events, [
    {
      type: 'notice',
      level: 'warning',
      message: /^snapshots are not kept or used across runs: \/nowhere\/qemu cannot be found/,
    },
  ]);
  const key = { key: keyOf('a'), inputs: inputs('a') as unknown as SnapshotInputs };
  t.equal(await cache.has(key), false);
  t.equal(await cache.restore(key, state.machine, () => 'vm'), undefined);
  cache.publish(key, state);
  await cache.close();
  t.equal(events.length, 1, 'people are told once');
  t.match(lines, [/EEXIST|ENOTDIR/], 'the log has it all');
});
