import t from 'tap';
import { runHostTool } from '../../../driver/residue/host-tool.js';

await t.test(
  'an accepted exit status is an answer, any other a failure with its output',
  async (t) => {
    const tool = { command: '/bin/sh', package: 'dash' };
    const script = ['-c', 'echo out; echo err >&2; exit 2'];
    t.strictSame(await runHostTool(tool, script, [0, 2]), {
      exitCode: 2,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    await t.rejects(runHostTool(tool, script, [0]), {
      failureClass: 'infra',
      code: 'TAPBOOT_E_TOOL_FAILED',
      details: { got: 'ended with status 2', output: /err$/ },
    });
    await t.rejects(runHostTool(tool, ['-c', 'kill -9 $$'], [0]), {
      code: 'TAPBOOT_E_TOOL_FAILED',
    });
    await t.rejects(runHostTool(tool, ['-c', 'exit 0'], [2]), { code: 'TAPBOOT_E_TOOL_FAILED' });
  },
);

await t.test('programs of /usr/sbin are found whatever the PATH is', async (t) => {
  const path = process.env['PATH'];
  t.teardown(() => {
    process.env['PATH'] = path;
  });
  process.env['PATH'] = '/nonexistent';
  const tool = { command: 'blkid', package: 'util-linux' };
  const { stdout, stderr } = await runHostTool(tool, ['--version'], [0]);
  t.match(stdout + stderr, /util-linux/);
});
