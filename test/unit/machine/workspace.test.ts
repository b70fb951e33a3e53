import { existsSync, mkdtempSync } from 'node:fs';
import { chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { identify } from '../../../driver/host/process-identity.js';
import { reclaimWorkspaces, Workspace } from '../../../driver/machine/workspace.js';

const OWNER = 'owner.json';

const parentDirectory = (t: { teardown(close: () => Promise<void>): void }): string => {
  const parent = mkdtempSync(join(tmpdir(), 'tapboot-test-'));
  t.teardown(() => rm(parent, { recursive: true, force: true }));
  return parent;
};

t.test('a workspace of a living driver stays, a dead one is removed', async (t) => {
  const parent = parentDirectory(t);
  const mine = await Workspace.create(parent);
  const dead = join(parent, 'tapboot-vm-dead');
  await mkdir(dead);
  // The pid lives (it is ours), but began at another time: it was given to someone else.
  await writeFile(join(dead, OWNER), JSON.stringify({ ...identify(), start_ticks: '1' }));
  const elsewhere = join(parent, 'tapboot-vm-in-another-container');
  await mkdir(elsewhere);
  const other = { ...identify(), start_ticks: '1', pid_namespace: 'pid:[1]' };
  await writeFile(join(elsewhere, OWNER), JSON.stringify(other));
  const foreignUsers = join(parent, 'tapboot-vm-of-another-user');
  await mkdir(foreignUsers);
  await writeFile(join(foreignUsers, OWNER), JSON.stringify({ ...identify(), start_ticks: '1' }));
  if (process.getuid?.() === 0) await chown(foreignUsers, 65534, 65534);
  else await rm(foreignUsers, { recursive: true });
  const foreign = join(parent, 'something-else');
  await mkdir(foreign);
  const unowned = join(parent, 'tapboot-vm-just-being-made');
  await mkdir(unowned);

  t.strictSame(await reclaimWorkspaces(parent), [dead]);
  t.ok(existsSync(mine.directory));
  t.ok(existsSync(foreign));
  t.ok(existsSync(elsewhere), 'its driver may live');
  t.equal(
    existsSync(foreignUsers),
    process.getuid?.() === 0,
    'another user’s is not ours to remove',
  );
  t.ok(existsSync(unowned), 'one without an owner yet may be in the making');
});

t.test('closing removes it, twice too', async (t) => {
  const parent = parentDirectory(t);
  const workspace = await Workspace.create(parent);
  await workspace.close();
  await workspace.close();
  t.notOk(existsSync(workspace.directory));
});
