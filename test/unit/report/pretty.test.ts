import t from 'tap';
import type { NewEvent, ScenarioRef } from '../../../driver/events/events.js';
import { MemoryOutput } from '../../../driver/report/output.js';
import { LiveBlock } from '../../../driver/report/live-block.js';
import { width } from '../../../driver/report/plain-text.js';
import type { PrettyOptions } from '../../../driver/report/pretty.js';
import { PrettyReporter } from '../../../driver/report/pretty.js';
import { Screen } from '../../helpers/screen.js';
import { FAILURE, RETRIED, RUNS, Script, scenario, steps } from './streams.js';

async function render(
  run: (script: Script) => Promise<void>,
  change: Partial<PrettyOptions> = {},
): Promise<string> {
  const output = new MemoryOutput();
  const options = { columns: () => 80, live: false, color: false, workingDirectory: '/notes' };
  await run(new Script(new PrettyReporter(output, { ...options, ...change })));
  return output.text;
}

t.test('a failing run, to the letter', async (t) => {
  const text = await render(async (script) => {
    const list = steps(
      'first',
      'second, with a name that is far too long for a terminal of eighty columns',
      'third',
    );
    const [a, b] = [scenario('a', 'A clean disk'), scenario('b', 'Residue')];
    script.begin([a, 3], [b, 1]);
    script.start(a, list);
    script.step(a, list[0]!);
    script.step(a, list[1]!, { ...FAILURE, mismatches: FAILURE.mismatches.slice(1) });
    script.step(a, list[2]!, { skip: 'step 2 failed' });
    script.end(a, 'failed', FAILURE);
    script.queued(b);
    await script.finish();
  });
  t.equal(
    text,
    `tapboot 0.1.0  2 scenarios
· accelerator tcg: kvm hangs: no marker in 20 s
· image debian:fast
· boot [main]: booting
✓ boot: console ready                                                      5.1 s

A clean disk
  restored from k1, booted at 2026-01-02T03:00:00.000Z in this run
  ✓ first                                                                  1.2 s
    vdb: blank # all
  ✗ second, with a name that is far too long for a terminal of eighty co…  1.2 s
      scenarios/residue.yaml:12:5
      product failure, phase step, TAPBOOT_E_EXPECTATION
      stdout does not hold what is expected: "a" # \\ \`b\`
        11 | steps:
      > 12 |   - run: x # y
           |     ^
      exit
      expected: 0
      got:      1
      stdout:
      | out
      output:
      | kernel: ok 1 - forged
      | not ok 2
      journal # 1: run/logs/diagnostics/journal: x.log
      next: Look at the journal: it says "why".
  - third (skipped: step 2 failed)
✗ failed: A clean disk                                                     2.0 s

○ Residue queued
  projected # 66 min

failed  A clean disk  scenarios/residue.yaml:12
failed: 0 passed, 1 failed, 1 queued (run them with --resume) in 1 min 23 s
run directory 2026-01-02T030405Z-vm-run
exit code 1
`,
  );
});

t.test('what was not run is told, and is not for --resume', async (t) => {
  const text = await render(RUNS['stopped after a failure']!);
  t.match(text, /^○ s3 not run\n {2}stopped # after 1 failure\n/m);
  t.match(text, /^failed: 0 passed, 1 failed, 1 not run in /m);
});

t.test('no line is wider than the terminal, whatever the guest printed', async (t) => {
  const long: Record<string, string> = {
    message: 'word '.repeat(60),
    output: `${'x'.repeat(300)}\n`.repeat(40),
    frame: 'y'.repeat(200),
  };
  const failure = {
    ...FAILURE,
    ...long,
    artifacts: [],
    mismatches: [
      ...FAILURE.mismatches,
      { what: 'w '.repeat(80), expected: 'e'.repeat(200), got: `${'g'.repeat(90)}\n`.repeat(30) },
    ],
  };
  for (const columns of [40, 80, 132]) {
    const text = await render(
      async (script) => {
        const list = steps('日本'.repeat(60));
        const a = scenario('a', 'n'.repeat(200));
        script.begin([a, 1]);
        script.start(a, list);
        script.step(a, list[0]!, failure);
        script.end(a, 'failed', { ...failure, at: { file: 'f.yaml', line: 1, column: 1 } });
        await script.finish();
      },
      { columns: () => columns },
    );
    const wide = text
      .split('\n')
      .filter(
        (line) => width(line) > columns && !line.startsWith('failed') && !line.startsWith('run '),
      );
    t.strictSame(wide, [], `${String(columns)} columns`);
  }
});

t.test('without colour and without a terminal there is not one escape sequence', async (t) => {
  for (const [name, run] of Object.entries({ ...RUNS, ...RETRIED })) {
    const text = await render(run);
    t.notOk(text.includes('\u001b'), name);
    t.notOk(text.includes('\r'), name);
    t.match(text, /\nrun directory /, name);
  }
});

t.test(
  'control characters of a comparison are shown, those of output are not obeyed',
  async (t) => {
    const text = await render(RUNS['failed']!, { color: true });
    t.match(text, /\u001b\[31m✗\u001b\[39m/, 'our own colours');
    t.notMatch(text, /\u001b\[31mnot ok 2/, "not the guest's");
    const shown = await render(async (script) => {
      const failure = { ...FAILURE, mismatches: [{ what: 'x', expected: 'a', got: 'a\u001b\r' }] };
      script.begin([scenario('a'), 1]);
      script.end(scenario('a'), 'failed', failure);
      await script.finish();
    });
    t.match(shown, /got: {6}a\\x1b\\r/);
  },
);

/** A reporter on a terminal, its clock in our hands. */
function onTerminal(columns = 80, rows = 24, workers = 2) {
  const state = { now: 0 };
  const output = new MemoryOutput();
  const reporter = new PrettyReporter(output, {
    columns: () => columns,
    rows: () => rows,
    live: true,
    color: false,
    workingDirectory: '/',
    clock: () => state.now,
  });
  const emit = (event: NewEvent): void => {
    reporter.handle({ at: state.now, ...event });
  };
  const begin = (...scenarios: (ScenarioRef & { expectedSeconds?: number })[]): void => {
    emit({
      type: 'run:start',
      run: 'r',
      directory: '/r',
      command: [],
      version: '1',
      workers,
      scenarios: scenarios.map((one) => ({ ...one, steps: 2, tags: [] })),
    });
  };
  return { state, output, reporter, emit, begin };
}

const started = (ref: ScenarioRef, worker: number): NewEvent => ({
  type: 'scenario:start',
  scenario: ref,
  steps: steps('first', 'second'),
  attempt: 1,
  worker,
});
const stepped = (ref: ScenarioRef, index = 0): NewEvent => ({
  type: 'step:start',
  scenario: ref,
  step: steps('first', 'second')[index]!,
});
const ended = (ref: ScenarioRef, outcome: 'passed' | 'failed', durationMs = 5000): NewEvent => ({
  type: 'scenario:end',
  scenario: ref,
  outcome,
  durationMs,
  artifacts: [],
});

t.test(
  'on a terminal: a line a worker, the whole run below, a line for what is over',
  async (t) => {
    const { state, output, reporter, emit, begin } = onTerminal();
    const [a, b, c] = [scenario('a', 'A'), scenario('b', 'B'), scenario('c', 'C')];
    begin({ ...a, expectedSeconds: 90 }, { ...b, expectedSeconds: 10 }, c);
    emit(started(b, 2));
    emit(started(a, 1));
    emit({ type: 'phase:start', phase: 'boot', vm: 'a', text: 'booting a' });
    emit(stepped(b));
    state.now = 4000;
    emit({ type: 'phase:end', phase: 'boot', vm: 'a', text: 'booted a', seconds: 4 });
    const shown = async (): Promise<string> => (await Screen.of(output.text, 80)).text;
    t.equal(
      await shown(),
      `tapboot 1  3 scenarios, 2 workers
w1  A  boot  4.0 s of ~1 min 30 s
w2  B  1/2 first  4.0 s of ~10 s
⠋ 0/3 done  4.0 s, about 1 min 31 s left`,
    );
    state.now = 5000;
    emit({
      type: 'step:end',
      scenario: b,
      step: steps('first')[0]!,
      outcome: 'passed',
      durationMs: 1,
      commands: [],
      notes: [],
      artifacts: [],
    });
    emit(ended(b, 'passed'));
    t.equal(
      await shown(),
      `tapboot 1  3 scenarios, 2 workers
✓ B  1 step                                                                5.0 s
w1  A  boot  5.0 s of ~1 min 30 s
⠴ 1/3 done  5.0 s, about 1 min 28 s left`,
    );
    const drawn = output.text.length;
    state.now = 6000;
    await new Promise((resolve) => setTimeout(resolve, 300));
    t.match(output.text.slice(drawn), /boot {2}6\.0 s/, 'it moves by itself');
    reporter.ending('ending: SIGINT');
    t.notMatch(await shown(), /w1|done/, 'it leaves the terminal to whoever speaks then');
    emit(ended(a, 'failed'));
    t.match(await shown(), /1\/3|2\/3 done, 1 failed {2}ending: SIGINT/);
    await reporter.close();
    t.notMatch(await shown(), /w1|done/, 'and is taken away at the end');
  },
);

t.test(
  'no live line wraps, however narrow, with wide characters, and with ^C behind',
  async (t) => {
    for (const columns of [12, 20, 33, 40, 80, 200]) {
      const { state, output, reporter, emit, begin } = onTerminal(columns);
      const long = { ...scenario('a', '日本語のとても長い名前'.repeat(4)), expectedSeconds: 4000 };
      begin(long);
      const before = output.text.length;
      emit(started(long, 1));
      state.now = 3_700_000;
      emit(stepped(long, 1));
      const screen = await Screen.of(output.text.slice(before), columns);
      await screen.write('^C');
      t.equal(screen.wrapped, 0, `${String(columns)} columns`);
      t.match(screen.text, columns < 20 ? /\S/ : /1 h|60 min/);
      await reporter.close();
    }
  },
);

t.test('more workers than rows', async (t) => {
  const { output, reporter, emit, begin } = onTerminal(80, 6, 9);
  const all = Array.from({ length: 9 }, (_, index) => scenario(`s${String(index)}`));
  begin(...all);
  all.forEach((one, index) => {
    emit(started(one, index + 1));
  });
  const { lines } = await Screen.of(output.text, 80);
  t.equal(lines.length, 6, 'as high as the window: one line printed, and the block');
  t.match(lines.at(-2), /^… 6 more$/);
  t.match(lines.at(-1), /0\/9 done/);
  await reporter.close();
});

t.test('a window that becomes narrower', async (t) => {
  let columns = 80;
  const output = new MemoryOutput();
  const block = new LiveBlock(
    {
      columns: () => columns,
      rows: () => 24,
      write: (text) => {
        output.write(text);
      },
    },
    (wide) => ['x'.repeat(wide - 1), 'last'],
  );
  block.show();
  columns = 30;
  const drawn = output.text.length;
  block.above(['printed']);
  // 79 columns are three rows now, and the last line is one.
  t.ok(output.text.slice(drawn).startsWith('\r\u001b[3A\u001b[Jprinted\n'));
  block.clear();
});

t.test('side by side in a log: the lines of each scenario together', async (t) => {
  const text = await render(async (script) => {
    const [a, b] = [scenario('a', 'A'), scenario('b', 'B')];
    script.emit({
      type: 'run:start',
      run: 'r',
      directory: '/r',
      command: [],
      version: '1',
      workers: 2,
      scenarios: [a, b].map((one) => ({ ...one, steps: 1, tags: [] })),
    });
    const list = steps('one');
    script.emit({ type: 'scenario:start', scenario: a, steps: list, attempt: 1, worker: 1 });
    script.emit({ type: 'scenario:start', scenario: b, steps: list, attempt: 1, worker: 2 });
    script.step(b, list[0]!);
    script.step(a, list[0]!);
    script.end(b, 'passed');
    await script.finish();
  });
  t.match(text, /^· w1 begins: A\n· w2 begins: B\n\nB\n {2}✓ one.*\n.*\n✓ passed: B/m);
  t.match(text, /passed: B.*\n\nA\n {2}✓ one/, 'what was cut short is told at the end');
});

t.test('how to open it, how to run it again, and the evidence in short', async (t) => {
  const text = await render(async (script) => {
    const a = scenario('a');
    script.emit({
      type: 'run:start',
      run: 'r',
      directory: '/r',
      command: [],
      version: '1',
      scenarios: [{ ...a, steps: 1, tags: [], rerun: ['tapboot', 'run', 'a[size=1 G]'] }],
    });
    const artifacts = ['dmesg', 'lsblk', 'mounts', 'journal'].map((label) => ({
      label: `${label} (step 1 failed)`,
      path: `/notes/logs/diagnostics/${label}.log`,
    }));
    artifacts.push({ label: 'capsule', path: '/notes/artifacts/a b/capsule.tar.zst' });
    const output = 'stdout:\nout';
    script.start(a, steps('x'));
    script.step(a, steps('x')[0]!, { ...FAILURE, output, console: 'last\nwords\n', artifacts });
    script.end(a, 'failed', FAILURE);
    await script.finish();
  });
  t.match(text, /^ +evidence: logs\/diagnostics\/\n +dmesg, lsblk, mounts, journal$/m);
  t.match(text, /^ +open: tapboot open 'artifacts\/a b\/capsule\.tar\.zst'$/m);
  t.match(text, /^ +again: tapboot run 'a\[size=1 G\]'$/m);
  t.match(text, /^ +console:\n +\| last\n +\| words$/m);
  t.notMatch(text, /output:/, 'not once more what the command has printed');
});

t.test('interrupted, lost and flaky runs say so', async (t) => {
  t.match(await render(RUNS['interrupted']!), /^interrupted by SIGINT$/m);
  t.match(await render(RUNS['infrastructure lost']!), /^infra failure, phase step/m);
  t.match(await render(RETRIED['flaky']!), /^error|^passed: 1 passed, 1 flaky, 0 failed/m);
});

t.test('whatever a guest or a scenario says, only our own colours and moves leave', async (t) => {
  const evil =
    'x\u001b[2J\u001b[9A\u001b[8m\u001b]52;c;eA==\u0007\u009b2J\u202e\r\n::stop-commands::y\n##[error]z';
  const failure = {
    ...FAILURE,
    message: evil,
    output: evil,
    console: evil,
    hint: evil,
    frame: evil,
    mismatches: [{ what: evil, expected: evil, got: evil, diff: evil }],
    at: { file: evil, line: 1, column: 1 },
    artifacts: ['a', 'b', 'c', 'd', evil].map((label) => ({ label, path: `/r/${evil}/${label}` })),
  };
  const ref = scenario(evil, evil);
  for (const live of [false, true]) {
    const text = await render(
      async (script) => {
        script.emit({
          type: 'run:start',
          run: evil,
          directory: evil,
          command: [evil],
          version: evil,
          scenarios: [{ ...ref, steps: 1, tags: [evil], rerun: ['tapboot', 'run', evil] }],
        });
        script.emit({ type: 'accelerator', name: 'tcg', reasons: [evil] });
        script.emit({ type: 'notice', level: 'warning', message: evil });
        script.emit({ type: 'phase:start', phase: 'boot', vm: evil, text: evil });
        script.emit({ type: 'phase:end', phase: 'boot', vm: evil, text: evil, seconds: 1 });
        script.start(ref, steps(evil));
        script.step(ref, steps(evil)[0]!, failure);
        script.end(ref, 'failed', failure);
        script.queued(scenario('q', evil));
        await script.finish(failure);
      },
      { live, color: true },
    );
    const own = /\u001b\[(?:1|2|22|31|32|33|39)m|\u001b\[(?:\d+A|[JK])|\r/g;
    const rest = text.replace(live ? own : /\u001b\[(?:1|2|22|31|32|33|39)m/g, '');
    t.notMatch(rest, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/, `live: ${String(live)}`);
    t.notMatch(text, /\u001b\[(?:2J|9A|8m)/);
    t.notMatch(rest, /^\s*::[a-z-]+::|##\[error\]/m);
  }
});
