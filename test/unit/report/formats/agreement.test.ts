import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as junit2json } from 'junit2json';
import t, { type Test } from 'tap';
import { Parser, type Result } from 'tap-parser';
import { parseV2 } from 'test-results-parser';
import { openReports } from '../../../../driver/report/open-reports.js';
import { RETRIED, RUNS, Script } from '../streams.js';
import { EXPECTED, mixedRun } from './mixed-run.js';

interface Rendered {
  file: (name: string) => string;
  path: (name: string) => string;
  exit: number;
}

/** All formats of one run, as `--report` writes them. */
async function render(t: Test, run: (script: Script) => Promise<void>): Promise<Rendered> {
  const directory = t.testdir({ summary: '' });
  const path = (name: string): string => join(directory, name);
  const reports = await openReports({
    reports: [
      ...['junit', 'github', 'hydra', 'tap', 'tap-flat', 'tap13', 'events'].map(
        (name) => `${name}=${path(name)}`,
      ),
    ],
    workingDirectory: '/work',
    environment: { GITHUB_STEP_SUMMARY: path('summary') },
    stderr: process.stderr,
    retries: true,
  });
  const script = new Script(...reports.sinks);
  await run(script);
  t.strictSame(await reports.close(), [], 'no report failed');
  return { path, exit: script.exit, file: (name) => readFileSync(path(name), 'utf8') };
}

async function tapPoints(text: string): Promise<{ ok: boolean; points: Result[] }> {
  const points: Result[] = [];
  return new Promise((resolve) => {
    const parser = new Parser({ strict: true }, ({ ok }) => {
      resolve({ ok, points });
    });
    parser.on('assert', (point: Result) => points.push(point));
    parser.end(text);
  });
}

/** The four things that TAP can say of a scenario. */
const tapCounts = (points: readonly Result[]): object => ({
  good: points.filter(({ ok, skip }) => ok && !skip).length,
  bad: points.filter(({ ok, todo }) => !ok && !todo).length,
  known: points.filter(({ ok, todo }) => !ok && todo).length,
  skipped: points.filter(({ skip }) => skip).length,
});

const { passed, flaky, known, failed, queued, 'not-run': notRun, product } = EXPECTED;
const unbegun = queued + notRun;
const OUTCOMES = ['passed', 'flaky', 'known', 'failed', 'queued', 'not-run'] as const;
const TOLD = { good: passed + flaky, bad: failed, known, skipped: unbegun };

t.test('one failing run reads the same in every format', async (t) => {
  const { file, path, exit } = await render(t, mixedRun);
  t.equal(exit, 3, 'a dead guest goes before a failed product');

  for (const name of ['tap', 'tap13']) {
    const { ok, points } = await tapPoints(file(name));
    t.notOk(ok, name);
    t.strictSame(tapCounts(points), TOLD, name);
  }
  const flat = await tapPoints(file('tap-flat'));
  t.notOk(flat.ok, 'tap-flat');
  const verdicts = flat.points.filter(({ name }) => name.endsWith(' > verdict'));
  t.strictSame(tapCounts(verdicts), TOLD, 'tap-flat, the verdicts');

  const suites = await junit2json(file('junit'));
  const suite = suites && 'testsuite' in suites ? suites.testsuite?.[0] : undefined;
  const cases = suite?.testcase ?? [];
  const having = (tag: 'failure' | 'error' | 'skipped'): number =>
    cases.filter((one) => (one as Record<string, unknown>)[tag] !== undefined).length;
  t.strictSame(
    { failure: having('failure'), error: having('error'), skipped: having('skipped') },
    { failure: product, error: failed - product, skipped: known + unbegun },
    'junit, read by junit2json',
  );
  t.equal(cases.length, passed + flaky + known + failed + unbegun);
  t.match(file('junit'), '<skipped message="not run: stopped # after 1 failure"/>');
  t.equal(file('junit').match(/<flakyFailure /g)?.length, flaky, 'Surefire’s word for flaky');
  const parsed = parseV2({ type: 'junit', files: [path('junit')] }) as unknown as {
    result: Record<'passed' | 'failed' | 'errors' | 'skipped', number> & { status: string };
  };
  t.match(
    parsed.result,
    {
      status: 'FAIL',
      passed: passed + flaky,
      failed: product,
      errors: failed - product,
      skipped: known + unbegun,
    },
    'junit, read by test-results-parser',
  );
  t.match(
    suite,
    { tests: cases.length, failures: product, errors: failed - product, skipped: known + unbegun },
    'and its own counts',
  );

  const rows = file('summary')
    .split('\n')
    .filter((line) => /^\| \S+ \| /.test(line));
  const verdict = (name: string): number =>
    rows.filter((line) => new RegExp(`\\| ${name}( \\([a-z-]+\\))? \\|`).test(line)).length;
  for (const name of OUTCOMES.filter((one) => one !== 'not-run')) {
    t.equal(verdict(name), EXPECTED[name], `GitHub summary, ${name}`);
  }
  t.equal(verdict('not run'), notRun, 'GitHub summary, not run');
  const annotations = file('github').trimEnd().split('\n');
  t.equal(annotations.filter((line) => line.startsWith('::error ')).length, failed);
  t.equal(
    annotations.filter((line) => line.startsWith('::warning ')).length,
    flaky + known + unbegun,
  );

  for (const name of [...OUTCOMES, 'interrupted'] as const) {
    t.match(file('hydra/hydra-metrics'), `scenarios.${name} ${String(EXPECTED[name])}\n`);
  }
  t.equal(file('hydra/failed'), '');

  const events = file('events')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  t.match(events.at(-1), {
    type: 'run:end',
    counts: { passed, flaky, known, failed, queued, 'not-run': notRun },
  });
});

t.test('every run is good or bad in all formats alike', async (t) => {
  for (const [name, run] of Object.entries({ ...RUNS, ...RETRIED })) {
    const { file, exit } = await render(t, run);
    const good = exit === 0 || exit === 75;
    for (const form of ['tap', 'tap13', 'tap-flat']) {
      t.equal((await tapPoints(file(form))).ok, good, `${name}: ${form}`);
    }
    t.equal(!/<(failure|error) /.test(file('junit')), good, `${name}: junit`);
    t.equal(!file('github').includes('::error '), good, `${name}: github`);
    t.match(file('summary'), `exit code ${String(exit)}`, `${name}: summary`);
    t.equal(exists(file, 'hydra/failed'), exit !== 0, `${name}: hydra`);
  }
});

function exists(file: (name: string) => string, name: string): boolean {
  try {
    file(name);
    return true;
  } catch {
    return false;
  }
}
