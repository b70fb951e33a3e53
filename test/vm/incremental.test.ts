// The step cache: what has not changed is not run again, is never called a pass, and never stale.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Place, type TapbootRun } from '../helpers/run-tapboot.js';
import { inSoak } from '../helpers/soak.js';

t.setTimeout(20 * 60_000);

const SCENARIO = `version: 1
name: Layers
machine: { memory: 512M, disks: { vda: 64M, vdb: 64M }, plug: after-boot }
steps:
  - name: the slow part
    run: echo one > /run/trace; printf one | dd of=/dev/vdb conv=fsync; sleep 2.2
  - name: a part that builds on it
    run: echo two >> /run/trace; sleep 2.2
    checkpoint: two
  - name: what both left
    run: tr '\\n' ' ' < /run/trace; head -c 3 /dev/vdb
    expect: { stdout: { contains: one two one } }
`;

const CHILD = `version: 1
name: From there
machine: { memory: 512M, disks: { vda: 64M, vdb: 64M }, plug: after-boot }
from: layers#two
steps:
  - name: the trace is there
    run: cat /run/trace
    expect: { stdout: { contains: two } }
`;

async function workshop(t: Test): Promise<{ place: Place; file: string; run: Run }> {
  const place = await Place.make(t);
  const directory = join(place.directory, 'work');
  await mkdir(join(directory, 'scenarios'), { recursive: true });
  const file = join(directory, 'scenarios/layers.yaml');
  writeFileSync(file, SCENARIO);
  const run: Run = async (...args) =>
    await place.run(['run', '--accel', 'tcg', ...args], { cwd: directory });
  return { place, file, run };
}

type Run = (...args: string[]) => Promise<TapbootRun>;

/** `ok`, `not ok` or `skip` for each step of the first scenario. */
const steps = (end: TapbootRun): string[] =>
  (end.tap.scenarios[0]?.steps ?? []).map(({ ok, skip }) =>
    skip === undefined ? (ok ? 'ok' : 'not ok') : 'skip',
  );

t.test('edits, one after the other', async (t) => {
  const { place, file, run } = await workshop(t);
  const edit = (from: string, to: string): void => {
    const text = readFileSync(file, 'utf8');
    t.ok(text.includes(from), `the file says ${from}`);
    writeFileSync(file, text.replace(from, to));
  };

  const first = await run('--incremental');
  t.equal(first.code, 0, first.told);
  t.same(steps(first), ['ok', 'ok', 'ok'], 'at first everything is run');

  const again = await run('--incremental');
  t.equal(again.code, 0, again.told);
  t.same(steps(again), ['skip', 'skip', 'ok'], 'the last step is always run');
  t.match(
    again.tap.scenarios[0]?.steps[0]?.skip,
    /^reused: restored behind step 2 from [0-9a-f]{8}$/,
  );
  t.match(again.stdout, /restored from [0-9a-f]{32}, booted at \S+ in an earlier run/);
  t.match(again.ledger.at(-1)?.scenarios[0], { outcome: 'passed', start: 'restored' });

  edit('contains: one two one', 'contains: three');
  const failing = await run('--incremental');
  t.equal(failing.code, 1);
  t.same(steps(failing), ['skip', 'skip', 'not ok'], 'the edited step is run and fails');
  t.match(JSON.stringify(failing.tap.scenarios[0]), /one two one/, 'with what was there');
  edit('contains: three', 'contains: one two one');

  edit('echo two >>', 'echo two  >>');
  const middle = await run('--incremental');
  t.equal(middle.code, 0, middle.told);
  t.same(steps(middle), ['skip', 'ok', 'ok'], 'what follows an edit is run');

  edit('echo one >', 'echo one  >');
  const all = await run('--incremental');
  t.equal(all.code, 0, all.told);
  t.same(steps(all), ['ok', 'ok', 'ok'], 'behind an edit of the first step nothing holds');

  const plain = await run();
  t.same(steps(plain), ['ok', 'ok', 'ok'], 'without the flag every step is run');

  const both = await run('--incremental', '--fresh');
  t.equal(both.code, 2);
  t.match(both.stderr, /--fresh and --incremental exclude each other/);

  await t.test('a checkpoint of a reused step serves another scenario', async (t) => {
    writeFileSync(join(file, '../child.yaml'), CHILD);
    const end = await run('--incremental');
    t.equal(end.code, 0, end.told);
    t.same(
      end.tap.scenarios.map(({ title, ok }) => [title, ok]),
      [
        ['Layers', true],
        ['From there', true],
      ],
    );
  });

  await inSoak(t, 'a damaged snapshot is told, and made again', async (t) => {
    const states = join(place.directory, 'states');
    for (const key of readdirSync(states).filter((name) => /^[0-9a-f]{32}$/.test(name))) {
      const ram = join(states, key, 'device.state');
      const bytes = readFileSync(ram);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 0xff;
      // A file of its own: the entry of other tests may be the same one.
      rmSync(ram);
      writeFileSync(ram, bytes);
    }
    const end = await run('--incremental', 'layers');
    t.equal(end.code, 0, end.told);
    t.same(steps(end), ['ok', 'ok', 'ok']);
    t.match(end.stdout, /snapshot [0-9a-f]{32} cannot be used: .*made again/);
  });

  await place.expectNothingLeft(t);
});

await inSoak(t, 'watch: edit, verdict, edit, verdict, Ctrl-C', async (t) => {
  const { place, file } = await workshop(t);
  const cwd = join(file, '../..');
  const watching = place.start(['watch', 'layers', '--accel', 'tcg'], { cwd });
  await watching.told(/exit code 0, [\d.]+ s\n.*waiting for a change/);

  writeFileSync(file, SCENARIO.replace('contains: one two one', 'contains: three'));
  await watching.told(/changed: scenarios\/layers\.yaml\n(?:.*\n)*.*exit code 1, [\d.]+ s\n/);

  writeFileSync(file, SCENARIO.replace('contains: one two one', 'containz: three'));
  await watching.told(/layers\.yaml:\d+:\d+(?:.*\n)*.*contains/);

  writeFileSync(file, SCENARIO);
  await watching.told(/exit code 0, [\d.]+ s\n[^]*exit code 0, [\d.]+ s\n/);
  process.kill(watching.pid, 'SIGINT');
  const end = await watching.end;
  t.equal(end.code, 0, end.told);
  await place.expectNothingLeft(t);
});
