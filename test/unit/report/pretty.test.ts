import t from 'tap';
import { MemoryOutput } from '../../../driver/report/output.js';
import { width } from '../../../driver/report/plain-text.js';
import type { PrettyOptions } from '../../../driver/report/pretty.js';
import { PrettyReporter } from '../../../driver/report/pretty.js';
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

t.test('no line is wider than the terminal, whatever the guest printed', async (t) => {
  const long: Record<string, string> = {
    message: 'word '.repeat(60),
    output: `${'x'.repeat(300)}\n`.repeat(40),
    frame: 'y'.repeat(200),
  };
  const failure = {
    ...{ ...FAILURE, ...long, artifacts: [] },
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

t.test('the live line: what runs, how long, how long it is expected to take', async (t) => {
  let now = 0;
  const output = new MemoryOutput();
  const reporter = new PrettyReporter(output, {
    ...{ columns: () => 80, live: true, color: false, workingDirectory: '/' },
    ...{ expectedSeconds: () => 90, clock: () => now },
  });
  const [a, [step]] = [scenario('a', 'A'), steps('first')];
  reporter.handle({ at: 0, type: 'scenario:start', scenario: a, steps: [step!], attempt: 1 });
  now = 5000;
  reporter.handle({ at: 5000, type: 'step:start', scenario: a, step: step! });
  t.match(output.text, /\r\u001b\[2K⠋ A › first 5\.0 s of about 1 min 30 s$/);
  const drawn = output.text.length;
  await new Promise((resolve) => setTimeout(resolve, 500));
  t.match(output.text.slice(drawn), /\r\u001b\[2K⠙ A › first/, 'it moves by itself');
  await reporter.close();
  t.match(output.text, /\r\u001b\[2K$/, 'and is taken away at the end');
});

t.test('interrupted, lost and flaky runs say so', async (t) => {
  t.match(await render(RUNS['interrupted']!), /^interrupted by SIGINT$/m);
  t.match(await render(RUNS['infrastructure lost']!), /^infra failure, phase step/m);
  t.match(await render(RETRIED['flaky']!), /^error|^passed: 1 passed, 1 flaky, 0 failed/m);
});
