// Scenarios whose names no file system, option or URL takes as they are, on real machines.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { Place } from '../helpers/run-tapboot.js';

t.setTimeout(15 * 60_000);

const MATRIX = `version: 1
name: The value arrives
machine: { memory: 512M, disks: { vda: 64M } }
matrix: { level: ['one', '/../../..', 'a,b=c'] }
steps:
  - run: echo '<\${level}>'
    expect: { stdout: { contains: '<\${level}>' } }
`;

t.test('names of every kind', async (t) => {
  const place = await Place.make(t);
  const work = join(place.directory, 'work');
  await mkdir(work);
  await writeFile(join(work, 'x.yaml'), MATRIX);
  const end = await place.run(['run', '--accel', 'tcg', join(work, 'x.yaml')]);
  t.equal(end.code, 0, end.told);
  t.same(
    end.ledger[0]?.scenarios.map(({ id, outcome }) => [id, outcome]),
    [
      ['x[level=one]', 'passed'],
      ['x[level=/../../..]', 'passed'],
      ['x[level=a,b=c]', 'passed'],
    ],
  );
  await place.expectNothingLeft(t);
});
