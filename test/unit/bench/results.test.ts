import { readFile } from 'node:fs/promises';
import t from 'tap';
import { compared, type Sides } from '../../../bench/compared.js';
import { goal, GOALS, verdictOf } from '../../../bench/goals.js';
import { sampleOf } from '../../../bench/measure.js';
import { goalTable, putBetweenMarks, tableOf } from '../../../bench/result.js';
import { whereTimeWent, type RunCost } from '../../../bench/run-cost.js';
import type { PartCost } from '../../../bench/stand-in/stand-in.js';

const read = (path: string): Promise<string> =>
  readFile(new URL(`../../../bench/${path}`, import.meta.url), 'utf8');

t.test('a goal is met, missed, or not measured for a reason', async (t) => {
  t.equal(verdictOf(goal('warm', 1.8)), 'met');
  t.equal(verdictOf(goal('warm', 1.81)), 'MISSED');
  t.equal(verdictOf(goal('warm', Number.NaN)), 'MISSED');
  t.equal(verdictOf(goal('driver', { unmeasured: 'no git' })), 'NOT MEASURED');
});

t.test('tables: seconds, figures, and goals with numbers', async (t) => {
  const result = {
    name: 'a section',
    samples: { fast: sampleOf([0.1, 0.3, 0.2]) },
    figures: { 'a ratio': 1.25 },
    notes: ['a note'],
    goals: [goal('warm', 2.5), goal('driver', { unmeasured: 'no git' })],
  };
  t.equal(
    tableOf([result]),
    `## a section

| what | median s | spread | min | max | n |
|---|---:|---:|---:|---:|---:|
| fast | 0.2000 | 0.1000 | 0.1000 | 0.3000 | 3 |

- a ratio: 1.25
- a note
- MISSED: ${GOALS.warm.what}: 2.50 (wanted: at most 1.8)
- NOT MEASURED: ${GOALS.driver.what}: no git
`,
  );
  const rows = goalTable([result]).split('\n').slice(4, 6);
  t.strictSame(rows, [
    `| ${GOALS.warm.what} | ≤ 1.8 | 2.50 | MISSED |`,
    `| ${GOALS.driver.what} | ≤ 0.7 | – | NOT MEASURED |`,
  ]);
  t.equal(goalTable([{ ...result, goals: [] }]), '', 'no goals, no table');
});

t.test('a page keeps what stands around the marks', async (t) => {
  const page = 'a\n<!-- generated: home -->\nold\n<!-- end -->\nb\n';
  const written = putBetweenMarks(page, 'home', 'new\n');
  t.equal(written, 'a\n<!-- generated: home -->\n\nnew\n\n<!-- end -->\nb\n');
  t.equal(putBetweenMarks(written, 'home', 'new\n'), written, 'again: the same');
  t.throws(() => putBetweenMarks(page, 'image', ''), { message: /no place for “image”/ });
  const results = await read('RESULTS.md');
  for (const name of ['home', 'image']) t.doesNotThrow(() => putBetweenMarks(results, name, ''));
});

t.test('the page says what every goal is', async (t) => {
  const page = await read('README.md');
  for (const { what, wanted } of Object.values(GOALS)) {
    t.ok(page.includes(`| ${what} | ≤ ${String(wanted)} |`), what);
  }
});

const end = (id: string, outcome: string) => ({ type: 'scenario:end', scenario: { id }, outcome });

const run = (seconds: number, cpuSeconds: number, ...events: RunCost['events']): RunCost => ({
  seconds,
  cpuSeconds,
  driverSeconds: 1,
  peakMegabytes: 100,
  events: [end('s1', 'passed'), ...events],
});

t.test('where the seconds of the run in the middle went', async (t) => {
  const phases = [
    { type: 'phase:end', phase: 'boot', vm: 'a', seconds: 8.25 },
    { type: 'phase:end', phase: 'boot', vm: 'b', seconds: 8 },
    { type: 'phase:end', phase: 'restore', vm: 'b', seconds: 0.5 },
    { type: 'step:end', scenario: { id: 's4' }, step: { index: 1 }, durationMs: 20_000 },
  ];
  const told = whereTimeWent([run(90, 0), run(30, 0, ...phases), run(20, 0)]);
  t.equal(told, '30.0 s: steps of s4 20.0, boot 16.3, restore 0.5');
});

const part = (seconds: number, qemuSeconds: number, ...failures: string[]): PartCost => ({
  seconds,
  qemuSeconds,
  driverSeconds: 1,
  loginSeconds: 50,
  loginCpuSeconds: 55,
  failures,
});

t.test('both sides of a run abroad: ratios, calibration, verdicts', async (t) => {
  const sides: Sides = {
    standIn: [{ boot: part(80, 89), residue: part(120, 99, 'S4: blkid: no trace') }],
    first: [run(100, 95)],
    warm: [run(80, 133)],
    residue: [run(18, 20, end('removes-raid-lvm-residue', 'failed'))],
  };
  const judged = compared('live', sides, true);
  t.strictSame(
    judged.goals.map(({ got }) => got),
    [0.5, 0.5, 0.4, 0.7, 0.15, 0.2],
    'wall and CPU: 200 and 190 seconds in all, 120 and 100 in S4',
  );
  t.strictSame(judged.goals.map(verdictOf), ['met', 'met', 'met', 'MISSED', 'met', 'MISSED']);
  const text = tableOf([judged]);
  t.match(
    text,
    /stand-in for incumbent: wall 200\.0 s for 170\.5 \(\+17 %\), cpu 190\.0 s for 185\.0 \(\+3 %\), login 50\.0 s for 50\.0/,
  );
  t.match(text, /stand-in: 1 did not pass: S4: blkid: no trace/);
  t.match(text, /tapboot: 1 did not pass: removes-raid-lvm-residue failed/);
  t.match(text, /\| stand-in: S4, CPU without QEMU \| 1\.00 /, 'absolute seconds of each part');

  const other = compared('some.iso', sides, false);
  t.strictSame(other.goals, [], 'the goals are for one image');
  t.equal(other.figures?.[GOALS.warmCpu.what], 0.7, 'elsewhere the ratios are figures');
});
