import { existsSync, mkdtempSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { reclaimWorkspaces, Workspace } from '../../../driver/machine/workspace.js';

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
  await writeFile(join(dead, 'owner'), `${String(process.pid)} 1`);
  const foreign = join(parent, 'something-else');
  await mkdir(foreign);
  const unowned = join(parent, 'tapboot-vm-just-being-made');
  await mkdir(unowned);

  t.strictSame(await reclaimWorkspaces(parent), [dead]);
  t.ok(existsSync(mine.directory));
  t.ok(existsSync(foreign));
  t.ok(existsSync(unowned), 'one without an owner yet may be in the making');
});

t.test('closing removes it, twice too', async (t) => {
  const parent = parentDirectory(t);
  const workspace = await Workspace.create(parent);
  await workspace.close();
  await workspace.close();
  t.notOk(existsSync(workspace.directory));
});
