import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { LocalMachine } from './local-machine.js';

t.test('what the user has in ~/.bashrc is not run', async (t) => {
  const home = t.testdir();
  writeFileSync(join(home, '.bashrc'), 'echo of the user\n');
  const { HOME, SHLVL } = process.env;
  t.teardown(() => {
    Object.assign(process.env, { HOME, SHLVL });
  });
  process.env['HOME'] = home;
  // bash reads the file in the outermost shell only.
  delete process.env['SHLVL'];
  for (const shell of ['bash', 'dash'] as const) {
    await using machine = await LocalMachine.create('vm', shell);
    const { stdout } = await machine.run('echo said', { timeoutMs: 30_000 });
    t.equal(stdout, 'said\n', shell);
  }
});
