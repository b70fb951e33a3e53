import t from 'tap';
import { reportData } from '../../../../driver/report/html/model.js';
import {
  failingRun,
  largeRun,
  passingRun,
  SampleRun,
  scenarioRef,
  stepRef,
} from '../../../report/sample-run.js';

t.test('a failing run', (t) => {
  const run = failingRun();
  const data = reportData(run.events);
  t.match(data.run, {
    outcome: 'failed',
    exitCode: 1,
    steps: { passed: 3, failed: 1, skipped: 1 },
  });
  t.same(
    data.scenarios.map(({ anchor, outcome, vm }) => [anchor, outcome, vm]),
    [
      ['provisions-clean-disk', 'passed', 'provisions-clean-disk'],
      ['removes-raid-lvm-residue', 'failed', 'removes-raid-lvm-residue'],
    ],
  );
  const step = data.scenarios[1]?.steps[2];
  t.match(step, { outcome: 'failed', durationMs: 1300, at: 'scenarios/sample.yaml:14:5' });
  t.match(step?.failure?.artifacts, [{ href: './logs/diagnostics/dmesg.txt' }]);
  t.equal(data.scenarios[1]?.steps[3]?.skipReason, 'step 3 failed');
  t.match(data.vms[1], { name: 'removes-raid-lvm-residue', endReason: 'closed' });
  t.match(data.notices, [{ level: 'warning' }]);
  t.end();
});

t.test('places on a disk', (t) => {
  const [disk] = reportData(failingRun().events).scenarios[1]?.steps[2]?.disks ?? [];
  const place = (name: string) => disk?.places.find((each) => each.name === name)?.offset;
  const size = 1536 * 1024 * 1024;
  t.equal(place('md 1.2'), 4096);
  t.equal(place('md 1.1'), 0);
  t.equal(place('md 1.0'), size - 8192);
  t.equal(place('md 0.90'), size - 65536);
  t.equal(place('LVM label'), 0);
  t.equal(place('GPT'), 512);
  t.equal(place('GPT, copy'), size - 33 * 512);
  t.end();
});

t.test('the timeline has phases, scenarios and steps in lanes', (t) => {
  const { spans } = reportData(passingRun().events);
  t.match(spans[0], { lane: 'run', row: 'phase', kind: 'build' });
  t.equal((spans[0]?.endedAt ?? 0) - (spans[0]?.startedAt ?? 0), 1400);
  t.same(
    spans.filter(({ row }) => row === 'phase').map(({ kind, anchor }) => [kind, anchor]),
    [
      ['build', undefined],
      ['boot', 'provisions-clean-disk'],
      ['restore', 'configures-network'],
    ],
  );
  t.equal(spans.filter(({ row }) => row === 'step').length, 5);
  const lanes = new Set(reportData(largeRun(4, 2).events).spans.map(({ lane }) => lane));
  t.same([...lanes].sort(), ['1', '2', 'run'], 'one lane a worker');
  t.end();
});

t.test('a run cut short has what had begun', (t) => {
  const whole = failingRun().events;
  const cut = whole.findLastIndex((event) => event.type === 'step:start' && event.step.index === 2);
  const data = reportData(whole.slice(0, cut + 1));
  t.match(data.run, { outcome: 'unfinished' });
  t.notOk('exitCode' in data.run);
  t.match(data.scenarios[1], { outcome: 'unfinished' });
  t.same(
    data.scenarios[1]?.steps.map(({ outcome }) => outcome),
    ['passed', 'unfinished', 'not reached', 'not reached'],
  );
  t.match(reportData([]), { run: { outcome: 'unfinished' }, scenarios: [] });
  t.end();
});

t.test('a retry has a place of its own; scenarios of two workers do not mix', (t) => {
  const run = new SampleRun();
  const [a, b] = [scenarioRef('a', 'A'), scenarioRef('b', 'B')];
  const step = stepRef(1, 'only');
  const end = {
    type: 'step:end' as const,
    step,
    durationMs: 1,
    commands: [],
    notes: [],
    artifacts: [],
  };
  run.emit({ type: 'scenario:start', scenario: a, steps: [step], attempt: 1, worker: 1 });
  run.emit({ type: 'scenario:start', scenario: b, steps: [step], attempt: 1, worker: 2 });
  run.emit({ ...end, scenario: b, outcome: 'passed' });
  run.emit({ ...end, scenario: a, outcome: 'failed' });
  run.emit({ type: 'scenario:end', scenario: a, outcome: 'failed', durationMs: 2, artifacts: [] });
  run.emit({ type: 'scenario:start', scenario: a, steps: [step], attempt: 2, worker: 1 });
  run.emit({ ...end, scenario: a, outcome: 'passed' });
  run.emit({ type: 'scenario:end', scenario: a, outcome: 'flaky', durationMs: 2, artifacts: [] });
  t.same(
    reportData(run.events).scenarios.map((each) => [
      each.anchor,
      each.outcome,
      each.steps[0]?.outcome,
    ]),
    [
      ['a', 'failed', 'failed'],
      ['b', 'unfinished', 'passed'],
      ['a~2', 'flaky', 'passed'],
    ],
  );
  t.end();
});

t.test('what was not begun is told apart: queued, and not run', async (t) => {
  const data = reportData([
    ...passingRun().events.slice(0, 1),
    {
      at: 1,
      type: 'scenario:queued',
      scenario: scenarioRef('a', 'A'),
      projectedSeconds: 9,
      reason: 'late',
    },
    { at: 2, type: 'scenario:not-run', scenario: scenarioRef('b', 'B'), reason: 'stopped' },
  ]);
  t.match(data.queued, [{ id: 'a', reason: 'late' }]);
  t.same(data.notRun, [{ id: 'b', name: 'B', reason: 'stopped' }]);
});
