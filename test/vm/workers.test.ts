// Scenarios side by side: their own machines, told in the order of the plan.
import { writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { Place } from '../helpers/run-tapboot.js';
import { soaking } from '../helpers/soak.js';

t.setTimeout(15 * 60_000);

/** Looks for another's traces, leaves its own everywhere, and looks again. */
const vandal = (name: string): string => `version: 1
name: ${name} was here
machine: { memory: 512M, disks: { vda: 4G, vdb: 1.5G, vdc: 1.5G } }
steps:
  - name: the machine is pristine
    run: cat /run/trace /etc/trace 2>/dev/null; head -c 16 /dev/vdb | tr -d '\\0'; head -c 16 /dev/vdc | tr -d '\\0'
    expect: { stdout: { equals: '' } }
  - name: it is no more
    run: |
      for disk in vdb vdc; do yes ${name} | head -c 4M | dd of=/dev/$disk bs=1M iflag=fullblock conv=fsync status=none; done 2>/dev/null
      echo ${name} | tee /run/trace > /etc/trace
      rm -rf /usr/share/* ; sync
  - name: only its own traces are there
    run: cat /run/trace; head -c 4 /dev/vdb; head -c 4 /dev/vdc
    expect: { stdout: { contains: ${name}, not_contains: [${['ada', 'bob', 'eve'].filter((other) => other !== name).join(', ')}] } }
`;

t.test('three vandals, by one worker and by two, in either order', async (t) => {
  const place = await Place.make(t);
  const directory = join(place.directory, 'scenarios');
  await mkdir(directory);
  const names = ['ada', 'bob', 'eve'];
  for (const name of names) writeFileSync(join(directory, `${name}.yaml`), vandal(name));
  const more = [
    ['1', [...names].reverse()],
    ['2', names],
  ] as const;
  for (const [workers, order] of [
    ['1', names],
    ['2', [...names].reverse()],
    ...(soaking ? more : []),
  ] as const) {
    const files = order.map((name) => `scenarios/${name}.yaml`);
    const args = ['run', '--accel', 'tcg', '--workers', workers, ...files];
    const end = await place.run(args, { cwd: place.directory });
    t.equal(end.code, 0, end.stdout);
    const titles = order.map((name) => [`${name} was here`, true]);
    const told = end.tap.scenarios.map(({ title, ok }) => [title, ok]);
    t.same(told, titles, `${workers} workers: all pass, and are told in the plan's order`);
    t.same(end.tap.violations, [], 'TAP and nothing else on stdout');
    if (workers === '1') {
      const waited = end.stdout.match(/^ *# restore: restoring \S+ from \w+, on standby \(/gm);
      t.equal(waited?.length, 2, 'the machine of each but the first has waited for it');
    }
  }
  const off = ['run', '--accel', 'tcg', '--workers', '1', '--standby', 'off'];
  const files = ['scenarios/ada.yaml', 'scenarios/eve.yaml'];
  const end = await place.run([...off, ...files], { cwd: place.directory });
  t.equal(end.code, 0, end.stdout);
  t.notMatch(end.stdout, 'on standby');
  await place.expectNothingLeft(t);
});
