import type { Failure } from '../../../../driver/events/events.js';
import { FAILURE, NASTY, scenario, steps, type Script } from '../streams.js';

export const KNOWN: Failure = {
  ...FAILURE,
  message: 'the marker is there',
  knownIssue: { reason: 'see bug 12 # now', owner: 'storage', expires: '2030-06-30' },
};
const DEAD: Failure = { ...FAILURE, class: 'guest-dead', message: 'kernel panic', mismatches: [] };

/** How many of each a run of {@link mixedRun} has. */
export const EXPECTED = {
  passed: 2,
  flaky: 1,
  known: 1,
  failed: 2,
  queued: 1,
  'not-run': 1,
  interrupted: 0,
  /** Of the failed ones, those that are a verdict on the product. */
  product: 1,
};

/** One failing run with a scenario of every outcome but interrupted. */
export async function mixedRun(script: Script): Promise<void> {
  const [good, same] = [scenario('good', NASTY.hash), { ...scenario('good'), id: 'good[a=1]' }];
  const twin = { ...same, name: NASTY.hash };
  const [bad, dead, flaky] = [
    scenario('bad', 'A <bad> & "one"'),
    scenario('dead'),
    scenario('flaky'),
  ];
  const [known, waits] = [scenario('known', NASTY.newline), scenario('waits')];
  const left = scenario('left');
  const list = steps('first', NASTY.directive);
  const [first, second] = [list[0]!, list[1]!];
  script.begin(
    [good, 2],
    [twin, 2],
    [bad, 2],
    [dead, 2],
    [flaky, 2],
    [known, 2],
    [waits, 2],
    [left, 2],
  );
  script.queued(waits);
  for (const ref of [good, twin]) {
    script.start(ref, list);
    for (const step of list) script.step(ref, step);
    script.end(ref, 'passed');
  }
  script.start(bad, list);
  script.step(bad, first);
  script.step(bad, second, FAILURE);
  script.end(bad, 'failed', FAILURE);
  script.start(dead, list);
  script.step(dead, first, DEAD);
  script.step(dead, second, { skip: 'the guest is dead' });
  script.end(dead, 'failed', DEAD);
  script.start(flaky, list);
  script.step(flaky, first, FAILURE);
  script.start(flaky, list, 2, FAILURE);
  for (const step of list) script.step(flaky, step);
  script.end(flaky, 'flaky');
  script.start(known, list);
  script.step(known, first, KNOWN);
  script.step(known, second, { skip: 'step 1 failed' });
  script.end(known, 'known', KNOWN);
  script.notRun(left);
  await script.finish();
}
