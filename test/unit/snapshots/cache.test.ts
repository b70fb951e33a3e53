import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { NewEvent } from '../../../driver/events/events.js';
import { StateCache } from '../../../driver/snapshots/cache.js';
import type { StateCacheOptions } from '../../../driver/snapshots/cache.js';
import type { StateInputs } from '../../../driver/snapshots/store/key.js';
import { StateStore } from '../../../driver/snapshots/store/store.js';
import { inputs, keyOf, savedState } from './store/saved.js';

type Host = StateCacheOptions['host'];

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
  const store = new StateStore({ directory, limitBytes: 1e9, notice: () => undefined });
  const state = await savedState(join(root, 'run'), 'a');
  const { host: nowhere, events, lines } = host('/nowhere/qemu');
  const digest = async (): Promise<string> => 'x';
  const cache = new StateCache({ host: nowhere, image: state.image, store, digest });
  t.equal(await cache.key(state.machine), undefined, 'no QEMU, no key');
  t.match(events, [
    {
      type: 'notice',
      level: 'warning',
      message: /^saved states are not kept or used across runs: \/nowhere\/qemu cannot be found/,
    },
  ]);
  const key = { key: keyOf('a'), inputs: inputs('a') as unknown as StateInputs };
  t.equal(await cache.has(key), false);
  t.equal(await cache.restore(key, state.machine, () => 'vm'), undefined);
  cache.publish(key, state);
  await cache.close();
  t.equal(events.length, 1, 'people are told once');
  t.match(lines, [/EEXIST|ENOTDIR/], 'the log has it all');
});
