// Keys of the scenario language that only a boot loader, or a system on a disk, can show.
import t from 'tap';
import { soaking } from '../helpers/soak.js';
import { holds, runKeys } from './keys/run.js';

t.setTimeout(30 * 60_000);

t.test('the ISO: firmware, a way out, a system on a disk', async (t) => {
  const some = soaking ? [] : ['--not-tag', 'long'];
  const end = await runKeys(t, 'debian:iso', ['--tag', 'iso', ...some]);
  for (const told of end.tap.scenarios) holds(t, told);
  t.equal(end.code, 0, end.told);
  t.equal(end.tap.scenarios.length, soaking ? 2 : 1);
  await end.place.expectNothingLeft(t);
});
