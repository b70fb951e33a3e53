// All scenarios of the project on every firmware path of the embedded image's ISO.
import t from 'tap';
import { Place } from '../helpers/run-tapboot.js';

for (const boot of ['bios', 'uefi', 'direct']) {
  t.test(`debian:iso,boot=${boot}`, async (t) => {
    const place = await Place.make(t, { states: 'none' });
    const end = await place.run(['run', '--image', `debian:iso,boot=${boot}`, '--accel', 'tcg']);
    t.equal(end.code, 0, end.told);
    t.same(end.tap.violations, []);
    t.equal(end.tap.scenarios.length, 4);
    t.comment(`figure: ${boot} ${String(end.metadata?.timings.total_seconds)} s`);
    await place.expectNothingLeft(t);
  });
}
