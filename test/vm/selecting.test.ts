// What a run chooses, and when it stops: told the same by TAP, record, ledger, queue and merge.
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { RunEvent } from '../../driver/events/events.js';
import { Place, type TapbootRun } from '../helpers/run-tapboot.js';

t.setTimeout(15 * 60_000);

const scenario = (name: string, steps: string, more = ''): string => `name: ${name}
machine: { memory: 512M, disks: { vda: 64M } }
timeout: 20s
${more}steps:
${steps}`;

const FILES = {
  'slow.yaml': scenario('Slow', '  - { run: sleep 1, timeout: 500ms }\n'),
  'fails.yaml': scenario('Fails', "  - run: 'false'\n"),
  'fine.yaml': scenario('Fine', "  - run: 'true'\n"),
  'starts.yaml': scenario('Starts', "  - run: 'true'\n", 'from: saves#here\n'),
  'saves.yaml': scenario('Saves', '  - checkpoint: here\n'),
};

/** Scenarios of a run's ledger line, with their outcomes. */
const ran = ({ ledger }: TapbootRun): string[] =>
  (ledger.at(-1)?.scenarios ?? []).map(({ id, outcome }) => `${id ?? ''} ${outcome}`);

/** Seconds from the beginning of a run to that of its first scenario. */
function preparation({ runDirectory }: TapbootRun): number {
  const events = readFileSync(join(runDirectory ?? '', 'logs/events.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RunEvent);
  const at = (type: RunEvent['type']): number =>
    events.find((event) => event.type === type)?.at ?? NaN;
  return (at('scenario:start') - at('run:start')) / 1000;
}

async function prepared(t: Test) {
  const place = await Place.make(t);
  const write = async (name: string, text: string): Promise<void> =>
    await writeFile(join(place.directory, name), text);
  for (const [name, text] of Object.entries(FILES)) await write(name, text);
  const queue = join(place.directory, 'vm-run-queue.json');
  return {
    place,
    write,
    waiting: (): string[] =>
      existsSync(queue)
        ? (JSON.parse(readFileSync(queue, 'utf8')) as { queued: { id: string }[] }).queued.map(
            ({ id }) => id,
          )
        : [],
    tapboot: async (...args: string[]): Promise<TapbootRun> =>
      await place.run(args, { cwd: place.directory }),
  };
}

t.test('a run that stops, and one that goes on where it stopped', async (t) => {
  const { place, write, waiting, tapboot } = await prepared(t);

  const bailed = await tapboot(
    ...['run', '--accel', 'tcg', '--bail', '--timeout-factor', '20', '--report', 'junit=j.xml'],
    ...['slow', 'fails', 'fine', 'saves'].map((name) => `./${name}.yaml`),
  );
  t.equal(bailed.code, 1, bailed.told);
  t.same(ran(bailed), [...['slow passed', 'fails failed', 'fine not-run', 'saves not-run']]);
  t.match(bailed.metadata, { timeouts: { step_factor: 20 }, exit_code: 1, outcome: 'failed' });
  t.match(bailed.stdout, /^# info: timeouts of steps are multiplied by 20$/m);
  t.match(bailed.stdout, /^ok 3 - Fine # SKIP not run: the run stopped after 1 failure/m);
  t.notMatch(bailed.stdout, /^Bail out!/m);
  t.same(bailed.tap.violations, [], 'TAP and nothing else on stdout');
  t.match(
    readFileSync(join(place.directory, 'j.xml'), 'utf8'),
    / tests="4" failures="1" errors="0" skipped="2"/,
  );
  t.same(waiting(), [], 'nothing waits for --resume');

  const late = await tapboot('run', '--accel', 'tcg', '--last-failed', '--time-limit', '1ms', '.');
  t.equal(late.code, 75, late.told);
  t.same(ran(late), ['fails queued']);
  t.match(late.stdout, /^ok 1 - Fails # SKIP queued: the time limit of 0\.001 s was over/m);
  t.same(waiting(), ['fails']);
  await write('vm-run-queue.json', '{"version":1,"queued":[]}');

  // The limit falls into the first scenario, however slow the host is.
  const limit = Math.ceil(2 * preparation(bailed)) + 2;
  await write(
    'saves.yaml',
    FILES['saves.yaml'].replace('  -', `  - run: sleep ${String(limit)}\n  -`),
  );
  const shard = async (number: string, ...more: string[]): Promise<TapbootRun> =>
    await tapboot(
      'run',
      '--accel',
      'tcg',
      '--shard',
      number,
      ...more,
      ...['./fine.yaml', './starts.yaml', './saves.yaml'],
    );
  const one = await shard('1/2', '--time-limit', `${String(limit)}s`);
  t.equal(one.code, 75, one.told);
  t.same(ran(one), ['starts queued', 'saves passed'], 'what runs comes to its end');
  t.match(one.stdout, /^# info: shard 1\/2: 2 of 3 scenarios$/m);
  t.same(waiting(), ['starts']);
  const two = await shard('2/2');
  t.equal(two.code, 0, two.told);
  t.same(ran(two), ['fine passed']);
  const digest = one.metadata?.shard?.digest;
  t.match(one.metadata, { shard: { index: 1, total: 2 } });
  t.same(two.metadata?.shard, { index: 2, total: 2, digest });

  await write('saves.yaml', FILES['saves.yaml']);
  const resumed = await tapboot('run', '--accel', 'tcg', '--resume');
  t.equal(resumed.code, 0, resumed.told);
  t.same(ran(resumed), ['saves passed', 'starts passed']);
  t.match(resumed.stdout, /^# info: saves runs, too: starts starts from its checkpoint$/m);
  t.equal(resumed.metadata?.timeouts['step_factor'], 1);

  const runs = [one, two].map(({ runDirectory = '' }) => runDirectory);
  const half = await tapboot('merge', ...runs.slice(0, 1));
  t.equal(half.code, 2);
  t.match(half.stderr, /got: {6}no shard 2\/2$/m);
  const whole = await tapboot('merge', ...runs, resumed.runDirectory ?? '');
  t.equal(whole.code, 0, whole.told);
  t.match(whole.stdout, /^ok \d+ - Starts$/m);
  await place.expectNothingLeft(t);
});
