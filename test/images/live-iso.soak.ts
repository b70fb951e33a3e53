// A live ISO as its users build them: built, and tested as any foreign image is.
import t from 'tap';
import { userCacheDirectory } from '../../driver/config/cache-directory.js';
import { Place, projectRoot } from '../helpers/run-tapboot.js';
import { obtainLiveIso } from './live-iso.js';

t.setTimeout(3_600_000);

t.test('the four scenarios by BIOS, one by UEFI and one direct', async (t) => {
  const progress = { stage: (text: string) => t.comment(text), log: () => undefined };
  const iso = await obtainLiveIso(progress, projectRoot, userCacheDirectory(process.env));
  const place = await Place.make(t, { states: 'none' });
  const runs: [spec: string, scenarios: string[], count: number][] = [
    [`file:${iso},boot=bios`, [], 4],
    [`file:${iso},boot=uefi`, ['configures-network'], 1],
    [`file:${iso},boot=direct`, ['configures-network'], 1],
  ];
  for (const [spec, scenarios, count] of runs) {
    const { code, tap, told } = await place.run(['run', '--image', spec, ...scenarios]);
    t.equal(code, 0, told);
    t.equal(tap.scenarios.length, count);
  }
});
