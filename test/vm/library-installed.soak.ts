import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { install, pack } from '../pack/install.js';

t.test('an installed package boots its own image', async (t) => {
  const directory = t.testdir();
  const { file } = await pack(directory);
  const consumer = await install(file, join(directory, 'consumer'));
  await writeFile(
    join(consumer, 'x.mjs'),
    `import { bootImageVm } from 'tapboot';
     const vm = await bootImageVm({ accel: 'tcg', fresh: true });
     console.log(await vm.succeed('id -un'));`,
  );
  const states = join(directory, 'states');
  const { stdout, stderr, exitCode } = await execa(process.execPath, ['x.mjs'], {
    cwd: consumer,
    reject: false,
    env: { TAPBOOT_SNAPSHOT_DIR: states, CI: '' },
  });
  t.equal(exitCode, 0, stderr);
  t.equal(stdout.trim(), 'root');
  const line = await readFile(join(consumer, 'notes/vm-run-ledger.jsonl'), 'utf8');
  t.match(JSON.parse(line), { outcome: 'passed', driver_args: ['x.mjs'], start: 'booted' });
  t.notOk(existsSync(states), 'fresh: no state is kept');
});
