import t from 'tap';
import { guestDead, infraError } from '../../../driver/errors.js';
import { Verdict } from '../../../driver/library/verdict.js';

function verdict() {
  const notices: string[] = [];
  return { notices, verdict: new Verdict((message) => notices.push(message)) };
}

const panic = guestDead('TAPBOOT_E_GUEST_PANIC', 'kernel panic');
const noQemu = infraError('TAPBOOT_E_QEMU_MISSING', 'no QEMU');

t.test('passed, unless somebody says otherwise', async (t) => {
  const { verdict: it, notices } = verdict();
  t.match(it, { outcome: 'passed', exitCode: 0, failed: false, failure: undefined });
  it.tests(undefined);
  it.tests('passed');
  t.equal(it.outcome, 'passed');
  t.same(notices, []);
});

t.test('a failed test', async (t) => {
  const marked = verdict();
  marked.verdict.markFailed('the marker is there');
  t.match(marked.verdict, { outcome: 'failed', exitCode: 1, failed: true, failure: undefined });
  t.same(marked.notices, ['test failed: the marker is there']);
  const told = verdict();
  told.verdict.tests('failed');
  told.verdict.tests('passed');
  t.match(told.verdict, { outcome: 'failed', exitCode: 1 }, 'a failure is not taken back');
});

t.test('a machine that was lost explains a failure, and is none', async (t) => {
  const { verdict: it, notices } = verdict();
  it.died('vm', panic);
  t.match(it, { outcome: 'passed', exitCode: 0 });
  t.same(notices, ['machine vm was lost: kernel panic']);
  it.markFailed('no answer');
  t.match(it, { outcome: 'error', exitCode: 3, failure: panic });
});

t.test('what the session itself could not do is an error in any case', async (t) => {
  const { verdict: it } = verdict();
  it.broken(noQemu);
  it.broken(panic);
  t.match(it, { outcome: 'error', exitCode: 4, failed: true, failure: noQemu });
});
