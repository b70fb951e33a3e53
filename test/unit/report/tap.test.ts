import t from 'tap';
import { execa } from 'execa';
import type { Result, TapError } from 'tap-parser';
import { Parser } from 'tap-parser';
import { MemoryOutput } from '../../../driver/report/output.js';
import { tapBailOut, TapReporter } from '../../../driver/report/tap.js';
import type { TapLayout } from '../../../driver/report/tap-scenario.js';
import { FAILURE, NASTY, RETRIED, RUNS, Script } from './streams.js';

interface Parsed {
  ok: boolean;
  bailout: boolean | string;
  count: number;
  fail: number;
  skip: number;
  todo: number;
  /** Of the stream and of all its subtests. */
  failures: (Result | TapError)[];
  points: Result[];
  /** Points of all subtests too. */
  all: Result[];
}

/** Reads a stream the way a strict consumer does. */
async function parse(text: string): Promise<Parsed> {
  const points: Result[] = [];
  const all: Result[] = [];
  const inner: (Result | TapError)[] = [];
  return new Promise((resolve) => {
    const parser = new Parser({ strict: true }, (results) => {
      const { ok, bailout, count, fail, skip, todo } = results;
      const failures = [...inner, ...results.failures];
      resolve({ ok, bailout, count, fail, skip, todo, failures, points, all });
    });
    const watch = (p: Parser): void => {
      p.on('assert', (result: Result) => all.push(result));
      p.on('child', (child: Parser) => {
        child.on('complete', (results: { failures: typeof inner }) =>
          inner.push(...results.failures),
        );
        watch(child);
      });
    };
    watch(parser);
    parser.on('assert', (result: Result) => points.push(result));
    parser.end(text);
  });
}

async function render(
  run: (script: Script) => Promise<void>,
  layout: Partial<TapLayout>,
): Promise<{ text: string; exit: number }> {
  const output = new MemoryOutput();
  const script = new Script(new TapReporter(output, layout));
  await run(script);
  return { text: output.text, exit: script.exit };
}

/** Debian's prove on a pipe (a socket, which Node would give it, cannot be opened again). */
const prove = async (input: string): Promise<{ exitCode: number; stdout: string }> => {
  const pipe = 'cat | prove -e cat /dev/stdin';
  const result = await execa('sh', ['-c', pipe], { input, reject: false, all: true });
  return { exitCode: result.exitCode ?? 255, stdout: result.all };
};

const layouts: Partial<TapLayout>[] = [
  { version: 14 },
  { version: 13 },
  { version: 14, flat: true },
  { version: 13, flat: true },
];
const cases = [
  ...Object.entries(RUNS).map(([name, run]) => ({ name, run, retries: false })),
  ...Object.entries({ ...RETRIED, passed: RUNS['passed']!, failed: RUNS['failed']! }).map(
    ([name, run]) => ({ name, run, retries: true }),
  ),
];

for (const { name, run, retries } of cases) {
  for (const layout of layouts) {
    const title = `${name}, TAP ${String(layout.version)}${layout.flat ? ' flat' : ''}${retries ? ', retries' : ''}`;
    t.test(title, async (t) => {
      const { text, exit } = await render(run, { ...layout, retries });
      const passes = exit === 0 || exit === 75;
      const parsed = await parse(text);
      t.equal(parsed.ok, passes, `tap-parser agrees with exit code ${String(exit)}`);
      const complaints = parsed.failures.filter(({ tapError }) => tapError !== null);
      if (parsed.bailout === false)
        t.strictSame(complaints, [], 'not one complaint about the form');
      if (layout.version === 13) {
        const proved = await prove(text);
        t.equal(proved.exitCode === 0, passes, `prove agrees:\n${proved.stdout}`);
        const sound = parsed.bailout === false ? /Parse errors|Unknown/ : /Unknown/;
        t.notMatch(proved.stdout, sound, 'and finds the form sound');
      }
    });
  }
}

t.test('what a name holds stays in the name', async (t) => {
  const { text } = await render(RUNS['passed']!, { version: 14 });
  const { all, todo, skip } = await parse(text);
  t.equal(todo + skip, 0, 'nothing of it became a directive');
  const names = all.map(({ name }) => name);
  for (const expected of [
    NASTY.hash,
    NASTY.directive,
    NASTY.backslash,
    'two lines not ok 1 - forged',
    'red bell',
    NASTY.number,
    NASTY.bail,
  ]) {
    t.ok(names.includes(expected), expected);
  }
});

t.test('how a machine came to be, and what its kernel was started with', async (t) => {
  const { text } = await render(RUNS['passed']!, { version: 14 });
  t.match(
    text,
    /^ {4}# restored from k1, booted at .*\n {4}# kernel command line, as the kernel printed it: quiet # x=1$/m,
  );
});

t.test('a failing point says everything, exactly', async (t) => {
  const { text } = await render(RUNS['failed']!, { version: 14 });
  const { all } = await parse(text);
  const failed = all.find(({ ok, name }) => !ok && name === 'second');
  t.equal(failed?.time, 1234.568);
  t.match(failed?.diag, {
    message: FAILURE.message,
    class: 'product',
    phase: 'step',
    at: { file: 'scenarios/residue.yaml', line: 12, column: 5 },
    expected: 'STATE=applied\n',
    got: FAILURE.mismatches[0]!.got,
    diff: FAILURE.mismatches[0]!.diff!,
    further_mismatches: [{ what: 'exit', expected: '0', got: '1' }],
    frame: FAILURE.frame!.split('\n'),
    output: ['kernel: ok 1 - forged', 'not ok 2'],
    exit_status: 1,
    artifacts: FAILURE.artifacts,
  });
  t.match(
    all.find(({ name }) => name === 'third'),
    { ok: true, skip: 'step 2 failed # see above' },
  );
});

t.test('a queued scenario is a skip with its reason, and nothing passes in its name', async (t) => {
  const { text, exit } = await render(RUNS['queued']!, { version: 14 });
  const { points } = await parse(text);
  t.equal(exit, 75);
  t.match(points[0], { ok: true, name: NASTY.hash, skip: /^queued: projected # 66 min$/ });
  t.equal(points.length, 2);
});

t.test(
  'Bail out! only when the infrastructure is lost, or no point tells the failure',
  async (t) => {
    for (const [name, run] of Object.entries(RUNS)) {
      const { text } = await render(run, { version: 14 });
      const lost = [
        ...['infrastructure lost', 'record broken after all passed'],
        'a known failure that did not show',
      ].includes(name);
      t.equal(/^Bail out!/m.test(text), lost, name);
    }
  },
);

t.test('the plan comes first and once a stream; points come as steps end', async (t) => {
  const output = new MemoryOutput();
  const seen: string[] = [];
  const script = new Script(new TapReporter(output), {
    handle: (event) => {
      if (event.type === 'step:end') seen.push(output.text.trimEnd().split('\n').at(-1) ?? '');
    },
  });
  await RUNS['passed']!(script);
  t.match(output.text, /^TAP version 14\n1\.\.2\n/);
  t.equal(output.text.match(/^1\.\./gm)?.length, 1);
  t.equal(seen.length, 14);
  t.ok(
    seen.every((line) => line === '    # vdb: blank # all'),
    'each point was out before the next event',
  );
});

t.test('what runs side by side is written one behind the other, in order', async (t) => {
  const { text } = await render(RUNS['side by side']!, { version: 14 });
  const { points } = await parse(text);
  t.strictSame(
    points.map(({ id, ok, name }) => [id, ok, name]),
    [
      [1, true, NASTY.hash],
      [2, false, 's3'],
    ],
  );
  t.ok(text.indexOf('a2') < text.indexOf('b1'));
});

t.test('a flaky pass is shown, and the failed attempt is told but is no verdict', async (t) => {
  const { text } = await render(RETRIED['flaky']!, { version: 14, retries: true });
  const { points, all } = await parse(text);
  t.match(points[0], { ok: true, diag: { outcome: 'flaky' } });
  t.match(text, /^ {4}# flaky: passed on attempt 2$/m);
  t.match(text, /^ {4}# attempt 1: not ok - a$/m);
  t.match(text, /^ {4}# {3}class: "product"$/m);
  t.ok(all.every(({ ok }) => ok));
});

t.test('a record that cannot be closed fails a stream that had passed', async (t) => {
  const output = new MemoryOutput();
  const reporter = new TapReporter(output);
  await RUNS['passed']!(new Script(reporter));
  t.equal((await parse(output.text)).ok, true);
  reporter.bailOut('disk full');
  reporter.bailOut('again');
  t.match(await parse(output.text), { ok: false, bailout: 'disk full' });
});

t.test('a run that cannot begin is a stream that fails', async (t) => {
  for (const version of [13, 14] as const) {
    const text = tapBailOut(version, 'no QEMU # install it');
    const parsed = await parse(text);
    t.equal(parsed.ok, false);
    t.equal(parsed.bailout, 'no QEMU # install it');
    t.match(text, `TAP version ${String(version)}\n`);
  }
  t.not((await prove(tapBailOut(13, 'no QEMU'))).exitCode, 0);
});

t.test('what was not run after too many failures is a skip, and never a bail-out', async (t) => {
  const run = RUNS['stopped after a failure']!;
  for (const layout of layouts) {
    const { text } = await render(run, layout);
    t.notMatch(text, /^Bail out!/m);
    t.match(text, /^ok \d+ - s3.* # SKIP not run: stopped \\# after 1 failure$/m);
    t.match(text, /^# 0 passed, .* 0 queued, 1 not run in /m);
  }
  const { text } = await render(RUNS['passed']!, {});
  t.match(text, /^# 2 passed, .* 0 queued in /m, 'not a word where all were run');
});
