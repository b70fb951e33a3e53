// Publishes a snapshot in a process of its own: `publisher.ts STORE NAME DIRECTORY RAM_BYTES`.
// Says `ready`, waits for its stdin to say anything, and then says how it went.
import { truncateSync } from 'node:fs';
import { SnapshotStore } from '../../../../driver/snapshots/store/store.js';
import { inputs, keyOf, savedSnapshot } from './saved.js';

const say = (text: string): boolean => process.stdout.write(`${text}\n`);
const [directory = '', name = '', files = '', bytes = ''] = process.argv.slice(2);
// Beyond what any of these tests copies, a hole will do.
const state = await savedSnapshot(files, name, Math.min(Number(bytes), 20_000_000));
truncateSync(state.ram.file, Number(bytes));
const store = new SnapshotStore({ directory, limitBytes: 1e12, notice: say });
say('ready');
await new Promise((resolve) => process.stdin.once('data', resolve));
process.stdin.destroy();
try {
  const published = await store.publish({ key: keyOf(name), inputs: inputs(name), state });
  say(published ? `published ${state.proof.nonce}` : 'was there');
} catch (error) {
  say(`failed ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
}
await store.close();
