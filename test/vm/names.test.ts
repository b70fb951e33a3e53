// Scenarios whose names no file system, option or URL takes as they are, on real machines.
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import t from 'tap';
import { Place } from '../helpers/run-tapboot.js';

t.setTimeout(15 * 60_000);

const LONG = 'v'.repeat(200);

/** Each leaves its own value on the disk and in a copy, and finds nobody else's. */
const MATRIX = `version: 1
name: RAID/LVM, by "level"
machine: { memory: 512M, disks: { vda: 64M } }
matrix: { level: ['one', '/../../..', 'a,b=c', ${LONG}, ${LONG}w] }
steps:
  - run: head -c 4 /dev/vda | tr -d '\\0'; echo '<\${level}>' | tee /run/level | dd of=/dev/vda conv=fsync status=none
    expect: { stdout: { equals: '' } }
  - copy: { out: { guest: /run/level, host: level.txt } }
`;

/** The marker is on the disk of a machine that is off, whatever machines come meanwhile. */
const TWICE = `version: 1
name: A disk is kept for a later look
machine: { memory: 512M, disks: { vda: 64M } }
steps:
  - run: head -c 6 /dev/vda | tr -d '\\0'; echo marker | dd of=/dev/vda conv=fsync status=none
    expect: { stdout: { equals: '' } }
  - power: cut
  - disks: { vda: { present: [{ bytes: marker }] } }
`;

t.test('names of every kind', async (t) => {
  const place = await Place.make(t);
  const work = join(place.directory, 'work');
  await mkdir(work);
  const twice = 'a-scenario-whose-name-is-46-characters-long-ok';
  await writeFile(join(work, 'x.yaml'), MATRIX);
  await writeFile(join(work, `${twice}.yaml`), TWICE);
  // What the second of them is called with --repeat.
  await writeFile(join(work, `${twice}-2.yaml`), TWICE);
  const end = await place.run(['run', '--accel', 'tcg', '--repeat', '2', work]);
  t.equal(end.code, 0, end.told);
  const levels = ['one', '/../../..', 'a,b=c', LONG, `${LONG}w`];
  const ids = [`${twice}-2`, twice, ...levels.map((level) => `x[level=${level}]`)];
  t.same(
    end.ledger[0]?.scenarios.map(({ id, outcome }) => [id, outcome]),
    [...ids, ...ids.map((id) => `${id}#2`)].map((id) => [id, 'passed']),
  );

  const run = end.runDirectory ?? '';
  const copies = readdirSync(run, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('level.txt'))
    .map((file) => readFileSync(join(run, file), 'utf8'));
  t.same(
    copies.sort(),
    [...levels, ...levels].map((level) => `<${level}>\n`).sort(),
    'each copy has a place of its own below the run directory',
  );
  t.same(
    readdirSync(place.directory)
      .filter((name) => !name.endsWith('.lock'))
      .sort(),
    ['ledger.jsonl', 'notes', 'states', 't', 'work'],
    'nothing lies beside it',
  );
  const logs = end.metadata?.vms.map(({ logs: { serial } }) => relative(work, serial)) ?? [];
  t.equal(new Set(logs).size, 2 * ids.length, 'each VM has a console log of its own');
  await place.expectNothingLeft(t);
});
