import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { obtainLiveIso } from '../../test/images/live-iso.js';
import { compared, type Sides } from '../compared.js';
import { cacheDirectory, projectRoot, quiet, type Bench } from '../host.js';
import { LIVE } from '../options.js';
import type { SectionResult } from '../result.js';
import type { RunCost } from '../run-cost.js';
import { ownTapboot, runTapboot } from '../run-tapboot.js';
import { runStandIn } from '../stand-in/stand-in.js';
import { RESIDUE } from './suite.js';

/** Exit codes of tapboot that are verdicts on the image: passed, and failed as `product`. */
const VERDICTS = [0, 1];

/**
 * The four scenarios on any ISO: tapboot's first run, the whole suite warm, and S4 alone warm,
 * beside the stand-in for the incumbent's way. All parts are measured in turns.
 *
 * @param wanted an image SPEC that leads to an ISO, or {@link LIVE}
 */
export async function anyImage(bench: Bench, wanted: string): Promise<SectionResult> {
  const spec =
    wanted === LIVE ? `file:${await obtainLiveIso(quiet, projectRoot, cacheDirectory)}` : wanted;
  const { artifact } = await bench.image(spec);
  const iso = artifact.iso_path;
  if (iso === undefined) {
    throw new Error(`--image ${wanted}: the stand-in boots an ISO from a CD, and this has none`);
  }
  const snapshots = join(bench.directory, 'image-snapshots');
  const place = { ...ownTapboot(projectRoot, snapshots), accepted: VERDICTS };
  const run = (...more: string[]): Promise<RunCost> =>
    runTapboot(bench, place, ['--image', spec, ...more]);
  const sides: Sides = { standIn: [], first: [], warm: [], residue: [] };
  for (let round = 0; round < bench.repetitions; round++) {
    sides.standIn.push(await runStandIn(iso, bench.directory));
    rmSync(snapshots, { recursive: true, force: true });
    sides.first.push(await run());
    sides.warm.push(await run());
    sides.residue.push(await run(RESIDUE));
  }
  // Results are kept in the repository, paths of a machine are not.
  return compared(wanted.replace(/^file:.*\//, ''), sides, wanted === LIVE);
}
