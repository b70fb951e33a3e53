import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { Parser, type FinalResults } from 'tap-parser';
import t, { type Test } from 'tap';
import { linkSharedStates } from '../helpers/shared-states.js';
import { inSoak } from '../helpers/soak.js';

const project = join(import.meta.dirname, '../..');

/** The examples of docs/library.md that are whole files, by the runner that their fence names. */
async function examples(): Promise<Map<string, string>> {
  const text = await readFile(join(project, 'docs/library.md'), 'utf8');
  const found = text.matchAll(/^```js (\S+)\n([^]*?)^```$/gm);
  return new Map([...found].map(([, runner = '', code = '']) => [runner, code]));
}

t.test('examples of the documentation, run as they stand', async (t) => {
  // What the package offers is what was built: make sure that it is built from these sources.
  await execa(join(project, 'bin/tapboot'), ['--help']);
  const all = await examples();
  t.same([...all.keys()], ['tap', 'node:test']);
  const states = join(t.testdir(), 'states');
  linkSharedStates(states);
  // The first is about the boot, which takes long; the second has a machine that tests share.
  const starts: Record<string, string> = { tap: 'booted', 'node:test': 'restored' };
  for (const [runner, code] of all) {
    const run = async (t: Test): Promise<void> => {
      const directory = t.testdir({ node_modules: {} });
      await symlink(project, join(directory, 'node_modules/tapboot'));
      await symlink(join(project, 'node_modules/tap'), join(directory, 'node_modules/tap'));
      await writeFile(join(directory, 'example.test.mjs'), code);
      const { exitCode, stdout, stderr } = await execa(process.execPath, ['example.test.mjs'], {
        cwd: directory,
        reject: false,
        env: {
          TAP_TIMEOUT: '300',
          BOOT_IMAGE_VM_LOG_ROOT: join(directory, 'runs'),
          TAPBOOT_SNAPSHOT_DIR: states,
          CI: '',
          NODE_TEST_CONTEXT: undefined,
        },
      });
      t.equal(exitCode, 0, `${stdout}\n${stderr}`);
      const results = await new Promise<FinalResults>((resolve) => {
        const parser = new Parser(resolve);
        parser.end(stdout);
      });
      t.ok(results.ok);
      t.equal(results.count, (code.match(/^(?:t\.)?test\(/gm) ?? []).length);
      const line = await readFile(join(directory, 'notes/vm-run-ledger.jsonl'), 'utf8');
      const driver_args = ['example.test.mjs'];
      t.match(JSON.parse(line), { outcome: 'passed', driver_args, start: starts[runner] });
    };
    if (starts[runner] === 'booted') await inSoak(t, runner, run);
    else await t.test(runner, run);
  }
});
