// The serial console between a scenario's keys and the driver's commands.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Place } from '../helpers/run-tapboot.js';

t.setTimeout(15 * 60_000);

t.test('commands on a console on which a scenario has typed', async (t) => {
  const place = await Place.make(t);
  const scenario = (name: string, ...steps: string[]): string => {
    const file = join(place.directory, `${name}.yaml`);
    writeFileSync(file, `version: 1\nname: ${name}\nsteps:\n${steps.join('')}`);
    return file;
  };
  const send = (keys: string): string => `  - console: { send: ${JSON.stringify(keys)} }\n`;
  const command = (line: string, timeout = '2m'): string =>
    `  - run: ${line}\n    channel: console\n    timeout: ${timeout}\n`;
  const end = await place.run([
    ...['run', '--accel', 'tcg'],
    scenario('half typed', command('"true"'), send('echo half'), command('id -un')),
    scenario('logged out', send('exit\n'), command('test "$(id -u)" = 0')),
    scenario('taken', send('cat\n'), command('id -un', '4s')),
    scenario('taken, others', send('cat\n'), '  - run: id -un\n'),
  ]);
  t.same(end.tap.violations, []);
  t.equal(end.code, 1, end.told);
  const taken = {
    code: 'TAPBOOT_E_CONSOLE_TAKEN',
    class: 'product',
    expected: 'a login prompt or a shell within 4 s',
  };
  t.match(end.tap.scenarios, [
    { ok: true, diagnosis: { machine: /^restored/ } },
    { ok: true, diagnosis: { machine: /^restored/ } },
    { ok: false, steps: [{ ok: true }, { ok: false, diagnosis: taken }] },
    { ok: true },
  ]);
  await place.expectNothingLeft(t);
});
