// The unit tests by other versions of Node than the one at hand, which the npm package `node` brings.
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { projectRoot } from '../helpers/vm-host.js';

t.setTimeout(60 * 60_000);

for (const version of ['22', '24']) {
  t.test(`Node ${version}`, async (t) => {
    const directory = t.testdir();
    const install = ['install', '--prefix', directory, '--no-save', `node@${version}`];
    await execa('npm', [...install, '--no-audit', '--no-fund', '--loglevel=error']);
    const programs = join(directory, 'node_modules/.bin');
    const env = { PATH: [programs, process.env['PATH'] ?? ''].join(delimiter), TAPBOOT_SOAK: '' };
    const { stdout: told } = await execa(join(programs, 'node'), ['--version'], { env });
    t.match(told, new RegExp(`^v${version}\\.`));
    const args = [join(projectRoot, 'bin/setup.mjs'), 'test', 'unit/'];
    const { exitCode, stdout } = await execa(join(programs, 'node'), args, {
      cwd: projectRoot,
      env,
      reject: false,
    });
    const wrong = stdout.split('\n').filter((line) => /^(?:FAIL|# failed)|not ok/.test(line));
    t.same(wrong, []);
    t.equal(exitCode, 0);
    const [, passed = '0'] = /\n(\d+) passed, 0 failed$/.exec(stdout.trim()) ?? [];
    t.ok(Number(passed) > 5000, `${passed} assertions`);
    t.comment(`figure: ${told}: ${passed} assertions`);
  });
}
