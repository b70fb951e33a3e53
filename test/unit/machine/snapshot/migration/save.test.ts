import { createInterface } from 'node:readline';
import { createServer, connect } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { QmpClient } from '../../../../../driver/machine/qemu/qmp.js';
import { resumeAfterSave } from '../../../../../driver/machine/snapshot/migration/save.js';

/**
 * The QMP of a QEMU that has just said `completed`. A real one is in this state for less than a
 * millisecond (2 of 300 saves met it, with both cores busy), so that no test could rely on it.
 * @param looks how often it still says `finish-migrate`
 */
async function justMigrated(t: Test, looks: number): Promise<[QmpClient, string[]]> {
  const directory = await mkdtemp(join(tmpdir(), 'tapboot-test-'));
  const heard: string[] = [];
  const server = createServer((socket) => {
    socket.write('{"QMP":{}}\r\n');
    const finishing = (): boolean =>
      heard.filter((name) => name === 'query-status').length <= looks;
    createInterface({ input: socket }).on('line', (line) => {
      const { execute, id } = JSON.parse(line) as { execute: string; id: number };
      heard.push(execute);
      const refused = execute === 'cont' && finishing();
      const status = finishing() ? 'finish-migrate' : 'postmigrate';
      const answer = refused
        ? { id, error: { class: 'GenericError', desc: 'Migration is not finalized yet' } }
        : { id, return: execute === 'query-status' ? { status, running: false } : {} };
      socket.write(`${JSON.stringify(answer)}\r\n`);
    });
  });
  const path = join(directory, 'qmp');
  server.listen(path);
  await once(server, 'listening');
  const client = await QmpClient.connect(connect(path));
  t.teardown(async () => {
    client.close();
    server.close();
    await rm(directory, { recursive: true, force: true });
  });
  return [client, heard];
}

t.test('a machine goes on once QEMU is done with its migration', async (t) => {
  const [qmp, heard] = await justMigrated(t, 3);
  await resumeAfterSave(qmp);
  const looks = Array.from({ length: 4 }, () => 'query-status');
  t.same(heard, ['qmp_capabilities', ...looks, 'cont']);
});

t.test('at once where it is', async (t) => {
  const [qmp, heard] = await justMigrated(t, 0);
  await resumeAfterSave(qmp);
  t.same(heard, ['qmp_capabilities', 'query-status', 'cont']);
});
