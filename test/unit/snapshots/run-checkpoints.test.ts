import t from 'tap';
import type { BootImageVM } from '../../../driver/machine/boot-image-vm.js';
import type { Snapshot } from '../../../driver/machine/snapshot/snapshot.js';
import type { Failure } from '../../../driver/events/events.js';
import { RunCheckpoints } from '../../../driver/snapshots/run-checkpoints.js';

const FROM = {
  scenario: 'maker',
  checkpoint: 'here',
  at: { file: 'user.yaml', line: 3, column: 7 },
};

const FAILURE: Failure = {
  class: 'product',
  code: 'TAPBOOT_E_EXPECTATION',
  message: '1 expectation did not hold',
  phase: 'step',
  mismatches: [],
  artifacts: [],
};

function vmWith(name: string, sameRun: boolean): BootImageVM {
  const origin = { kind: 'restored', key: 'k', bootedAt: '', sameRun };
  return {
    origin,
    checkpoints: new Map([[name, { key: name } as Snapshot]]),
  } as unknown as BootImageVM;
}

t.test('what a scenario has saved is found, with the run of its boot', (t) => {
  const checkpoints = new RunCheckpoints();
  checkpoints.keep({ id: 'maker' }, vmWith('here', false));
  t.ok(checkpoints.has(FROM));
  t.match(checkpoints.find(FROM), { state: { key: 'here' }, sameRun: false });
  // It went on, and failed behind the checkpoint.
  checkpoints.failed({ id: 'maker' }, FAILURE);
  t.match(checkpoints.find(FROM), { state: { key: 'here' } });
  t.end();
});

t.test('a checkpoint that was not reached: the class is that of the cause', (t) => {
  const checkpoints = new RunCheckpoints();
  checkpoints.keep({ id: 'maker' }, vmWith('elsewhere', true));
  checkpoints.failed({ id: 'maker' }, FAILURE);
  t.notOk(checkpoints.has(FROM));
  t.throws(() => checkpoints.find(FROM), {
    code: 'TAPBOOT_E_CHECKPOINT_MISSING',
    failureClass: 'product',
    message: 'the checkpoint here of maker was not reached in this run',
    details: {
      at: FROM.at,
      got: 'it failed: 1 expectation did not hold [TAPBOOT_E_EXPECTATION]',
      hint: 'Fix maker first: this scenario starts from its checkpoint.',
    },
  });
  t.end();
});

t.test('of a scenario that did not run: the call is wrong', (t) => {
  t.throws(() => new RunCheckpoints().find(FROM), {
    code: 'TAPBOOT_E_CHECKPOINT_MISSING',
    failureClass: 'scenario',
    details: { hint: 'Select maker, too.' },
  });
  t.end();
});
