import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Place, type TapbootRun } from '../helpers/run-tapboot.js';
import { inSoak } from '../helpers/soak.js';

/**
 * Fails when the clock shows an odd number of microseconds. Not drawn from /dev/urandom, whose
 * first bytes machines restored from one snapshot have in common.
 */
const COIN = `version: 1
name: The coin falls right
machine: { memory: 512M, disks: { vda: 64M } }
steps:
  - name: the toss
    run: test $(( $(date +%s%N) / 1000 % 2 )) -eq 0
    expect: { exit: 0 }
`;

const DEFECT = `version: 1
name: A defect
machine: { memory: 512M, disks: { vda: 64M } }
steps:
  - name: the look
    run: echo residue-marker
    expect: { stdout: { contains: nothing } }
`;

const known = (more: string): string => `version: 1
issues:
  - scenario: defect
    message: residue-marker
    owner: storage
    reason: bug 12
    ${more}
`;

/** Top-level points, as they stand. */
const points = ({ stdout }: TapbootRun): string[] =>
  stdout.split('\n').filter((line) => /^(not )?ok /.test(line));

t.test('a pass on retry is flaky everywhere, and exit code 0', async (t) => {
  const place = await Place.make(t);
  const directory = t.testdir({
    'coin.yaml': COIN,
  });
  // With ten retries a fair coin fails in one of 2048 runs.
  const run = await place.run([
    'run',
    join(directory, 'coin.yaml'),
    '--retries',
    '10',
    '--report',
    `junit=${directory}/j.xml`,
  ]);
  t.equal(run.code, 0, run.told);
  const [outcome] = run.ledger[0]?.scenarios.map((one) => one.outcome) ?? [];
  t.match(outcome, /^(passed|flaky)$/);
  const attempts = new Set(
    [...run.stdout.matchAll(/# attempt (\d+): not ok/g)].map(([, number]) => number),
  );
  t.equal(outcome, attempts.size > 0 ? 'flaky' : 'passed', 'flaky exactly when an attempt failed');
  t.equal(
    readFileSync(join(directory, 'j.xml'), 'utf8').match(/<flakyFailure /g)?.length ?? 0,
    attempts.size,
  );
  t.match(points(run), [/^ok 1 - The coin falls right$/]);
});

t.test(
  'a known failure is TODO and passes; when it expires, or is gone, the run fails',
  async (t) => {
    const place = await Place.make(t);
    const directory = t.testdir({
      'defect.yaml': DEFECT,
      'fine.yaml': DEFECT.replace('nothing', 'residue'),
      'known.yaml': known('expires: 2999-12-31'),
      'expired.yaml': known('expires: 2020-12-31'),
      'stale.yaml': known('expires: 2999-12-31').replace('scenario: defect', 'scenario: fine'),
    });
    const file = (name: string): string => join(directory, name);
    const run = async (scenario: string, issues: string): Promise<TapbootRun> =>
      place.run(['run', file(scenario), '--known-issues', file(issues)]);

    const tolerated = await run('defect.yaml', 'known.yaml');
    t.equal(tolerated.code, 0, tolerated.told);
    t.match(points(tolerated), [/^not ok 1 - A defect # TODO known issue: bug 12 \(storage\)$/]);
    t.match(tolerated.ledger.at(-1), { outcome: 'passed', scenarios: [{ outcome: 'known' }] });

    const expired = await run('defect.yaml', 'expired.yaml');
    t.equal(expired.code, 2);
    t.match(points(expired), [/^not ok 1 - A defect$/]);
    t.match(expired.stderr, /expired\.yaml:3:15: the known issue of defect expired/);

    const stale = await run('fine.yaml', 'stale.yaml');
    t.equal(stale.code, 2);
    t.match(points(stale), [/^ok 1 - A defect$/]);
    t.match(stale.stderr, /stale\.yaml:3:15: the known issue of fine did not show/);
    t.match(stale.stdout, /^Bail out!/m, 'no point tells it, so the stream must not pass');
  },
);

await inSoak(t, 'stress finds a flake, and says how sure it is', async (t) => {
  const runs = 16;
  const place = await Place.make(t);
  // About the boot, so that one boot has to serve all.
  const coin = COIN.replace('machine:', 'subject: boot\nmachine:');
  const directory = t.testdir({ 'coin.yaml': coin });
  const args = [
    'stress',
    join(directory, 'coin.yaml'),
    '--runs',
    String(runs),
    '--json',
    '--one-boot',
  ];
  // Where CI is set no failure is captured, which takes longer than the scenario.
  const run = await place.run([...args, '--log-root', place.logRoot], { env: { CI: 'true' } });
  const [row] = JSON.parse(run.stdout) as {
    runs: number;
    failures: number;
    interval: { low: number; high: number };
  }[];
  t.equal(row?.runs, runs);
  const failures = row?.failures ?? NaN;
  t.ok(failures > 0 && failures < runs, 'a fair coin; else in one of 32768 runs');
  const { low = NaN, high = NaN } = row?.interval ?? {};
  t.ok(low <= failures / runs && failures / runs <= high, 'what was seen is in the interval');
  t.ok(high - low > 0.2 && high - low <= 1, 'so few runs say little, and not nothing');
  t.equal(run.code, failures > 0 ? 1 : 0);
  t.match(run.stderr, `${String(runs)} of ${String(runs)}`, 'what happens is told on stderr');
});
