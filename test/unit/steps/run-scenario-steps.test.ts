import { plain } from '../../helpers/plain.js';
import t from 'tap';
import { guestDead, productError } from '../../../driver/errors.js';
import type { Machine } from '../../../driver/language/machine-shape.js';
import type { PowerStep } from '../../../driver/steps/power/schema.js';
import type { Step } from '../../../driver/steps/step.js';
import { LocalMachine } from './local-machine.js';
import { base, play, run, stream, wait } from './scenario-of.js';

const power = (action: 'off' | 'cut'): PowerStep => ({ ...base(action), kind: 'power', action });

const machine = async (test: {
  teardown(fn: () => Promise<void>): unknown;
}): Promise<LocalMachine> => {
  const vm = await LocalMachine.create();
  test.teardown(() => vm[Symbol.asyncDispose]());
  return vm;
};

t.test('steps that hold pass, in order, each between its start and its end', async (t) => {
  const vm = await machine(t);
  const { result, events, ends } = await play(vm, [
    run('echo one'),
    run('echo two >&2; exit 3', {}, { exit: { oneOf: [3] } }),
  ]);
  t.equal(result.outcome, 'passed');
  t.equal(result.failure, undefined);
  t.strictSame(
    events.map((event) =>
      'step' in event ? `${event.type} ${String(event.step.index)}` : event.type,
    ),
    ['step:start 1', 'step:end 1', 'step:start 2', 'step:end 2'],
  );
  t.match(ends[0]?.commands, [
    { command: 'echo one', stdout: 'one\n', exitStatus: 0, channel: 'shell' },
  ]);
  t.match(ends[1]?.commands, [{ stderr: 'two\n', exitStatus: 3 }]);
  t.notOk(vm.calls.some((call) => call.startsWith('diagnostics')));
});

t.test(
  'after a failure the rest is skipped, save what runs always; evidence is taken once',
  async (t) => {
    const vm = await machine(t);
    vm.diagnostics = [{ label: 'dmesg', path: '/x/dmesg.log' }];
    const { result, summary, ends } = await play(vm, [
      run('true'),
      run('exit 4'),
      run('echo never'),
      run('exit 5', { always: true }),
      run('echo always', { always: true }),
    ]);
    t.strictSame(summary, [
      '1 passed',
      '2 failed product TAPBOOT_E_EXPECTATION',
      '3 skipped (step 2 failed)',
      '4 failed product TAPBOOT_E_EXPECTATION',
      '5 passed',
    ]);
    t.equal(result.outcome, 'failed');
    t.match(result.failure?.message, /exit 4.*expected 0, got 4/);
    t.strictSame(result.failure?.artifacts, [{ label: 'dmesg', path: '/x/dmesg.log' }]);
    t.strictSame(result.artifacts, [{ label: 'dmesg', path: '/x/dmesg.log' }]);
    t.strictSame(plain(ends[1]?.failure?.mismatches), [
      { what: 'exit status', expected: '0', got: '4' },
    ]);
    t.strictSame(
      vm.calls.filter((call) => call.startsWith('diagnostics')),
      ['diagnostics step 2 failed'],
    );
    t.notOk(vm.calls.includes('run echo never'));
  },
);

t.test(
  'a guest that dies fails the running step at once, and no guest step runs after it',
  async (t) => {
    const vm = await machine(t);
    vm.machine.disks.push({ name: 'vdb', sizeBytes: 2 ** 20 });
    const look: Step = {
      ...base('look', { always: true }),
      kind: 'disks',
      level: 'content',
      disks: [{ disk: 'vdb', signatures: 'none', absent: ['marker'], present: [] }],
    };
    const { result, summary } = await play(
      vm,
      [run('sleep 60', { timeoutMs: 60_000 }), run('true'), run('true', { always: true }), look],
      {
        onEvent: (event) => {
          if (event.type === 'step:start' && event.step.index === 1)
            setTimeout(() => {
              vm.die('panic: oh');
            }, 50);
        },
      },
    );
    t.strictSame(summary, [
      '1 failed guest-dead TAPBOOT_E_GUEST_PANIC',
      '2 skipped (the guest is dead: panic: oh)',
      '3 skipped (the guest is dead: panic: oh)',
      '4 passed',
    ]);
    t.equal(result.failure?.class, 'guest-dead');
  },
);

t.test('evidence that cannot be collected is noted, and changes no verdict', async (t) => {
  const vm = await machine(t);
  vm.collectDiagnostics = () => Promise.reject(new Error('no space left'));
  const { summary, ends } = await play(vm, [run('exit 4')]);
  t.strictSame(summary, ['1 failed product TAPBOOT_E_EXPECTATION']);
  t.match(ends[0]?.notes, ["the guest's evidence is missing: no space left"]);
});

t.test('a lost channel is told as the death that the watchdog reports just after', async (t) => {
  const vm = await machine(t);
  vm.lost = guestDead('TAPBOOT_E_SHELL_CLOSED', 'the shell is gone');
  setTimeout(() => {
    vm.die('kernel panic - not syncing');
  }, 100);
  const { result, ends } = await play(vm, [run('true')]);
  t.equal(result.failure?.code, 'TAPBOOT_E_GUEST_PANIC');
  t.match(ends[0]?.commands, [{ command: 'true', exitStatus: null }], 'the command is on record');
});

t.test('a guest that is found dead behind the last step fails it', async (t) => {
  const vm = await machine(t);
  vm.diesAtRest = 1;
  const { result, summary, ends } = await play(vm, [run('true'), run('true')]);
  t.strictSame(summary, ['1 passed', '2 failed guest-dead TAPBOOT_E_GUEST_PANIC']);
  t.match(result, { outcome: 'failed', failure: { class: 'guest-dead', phase: 'step' } });
  t.match(ends[1]?.notes, [/the step itself had passed/]);
  t.ok(vm.calls.includes('diagnostics step 2 failed'), 'with evidence');
});

t.test('a guest that the reading of the evidence kills fails the last step, too', async (t) => {
  const vm = await machine(t);
  vm.diesAtRest = 2;
  const { result, summary } = await play(vm, [run('true')], {
    keepEvidence: () => {
      vm.calls.push('evidence');
      return Promise.resolve([{ label: 'dmesg', path: '/x/dmesg.log' }]);
    },
  });
  t.strictSame(
    vm.calls.filter((call) => !call.startsWith('run')),
    ['settle', 'evidence', 'settle', 'diagnostics step 1 failed'],
    'it is looked at before the evidence, and behind it',
  );
  t.strictSame(summary, ['1 failed guest-dead TAPBOOT_E_GUEST_PANIC']);
  t.match(result.failure, { class: 'guest-dead', phase: 'teardown', at: { line: Number } });
  t.match(result.artifacts, [{ label: 'dmesg' }]);
});

t.test('the odd result of a command is told as the death that is not certain yet', async (t) => {
  const vm = await machine(t);
  vm.diesAtRest = 1;
  const { summary } = await play(vm, [run('exit 139'), run('true')]);
  t.strictSame(summary, [
    '1 failed guest-dead TAPBOOT_E_GUEST_PANIC',
    '2 skipped (the guest is dead: kernel oops)',
  ]);
});

t.test('a death behind a failure is told beside it', async (t) => {
  const vm = await machine(t);
  vm.diesAtRest = 2;
  const { result, summary } = await play(vm, [run('exit 4'), run('true')]);
  t.strictSame(summary, ['1 failed product TAPBOOT_E_EXPECTATION', '2 skipped (step 1 failed)']);
  t.match(result, { failure: { class: 'product' }, late: { class: 'guest-dead' } });
});

t.test('a machine that is not at rest when the run is interrupted has not passed', async (t) => {
  const vm = await machine(t);
  const abort = new AbortController();
  vm.settledDeath = () => {
    setTimeout(() => {
      abort.abort('SIGINT');
    }, 20);
    return new Promise(() => undefined);
  };
  const { summary } = await play(vm, [run('true')], { signal: abort.signal });
  t.strictSame(summary, ['1 failed infra TAPBOOT_E_INTERRUPTED']);
});

t.test('an interrupt fails the running step as infra and skips all others', async (t) => {
  const vm = await machine(t);
  const abort = new AbortController();
  const { result, summary } = await play(
    vm,
    [run('sleep 60', { timeoutMs: 60_000 }), run('true'), run('true', { always: true })],
    {
      signal: abort.signal,
      onEvent: (event) => {
        if (event.type === 'step:start' && event.step.index === 1)
          setTimeout(() => {
            abort.abort('SIGINT');
          }, 50);
      },
    },
  );
  t.strictSame(summary, [
    '1 failed infra TAPBOOT_E_INTERRUPTED',
    '2 skipped (interrupted)',
    '3 skipped (interrupted)',
  ]);
  t.equal(result.failure?.message, 'interrupted by SIGINT');
  t.notOk(
    vm.calls.some((call) => call.startsWith('diagnostics')),
    'no time is taken for evidence',
  );
});

t.test('an interrupt before the first step runs nothing', async (t) => {
  const vm = await machine(t);
  const { summary } = await play(vm, [run('true'), run('true')], {
    signal: AbortSignal.abort('SIGTERM'),
  });
  t.strictSame(summary, ['1 failed infra TAPBOOT_E_INTERRUPTED', '2 skipped (interrupted)']);
  t.strictSame(vm.calls, []);
});

t.test('a guest step on a machine that is off is a mistake of the scenario', async (t) => {
  const vm = await machine(t);
  const { summary, result } = await play(vm, [power('off'), run('true')]);
  t.strictSame(summary, ['1 passed', '2 failed scenario TAPBOOT_E_MACHINE_OFF']);
  t.strictSame(vm.calls, ['power off'], 'neither the command nor diagnostics are tried');
  t.match(result.failure?.message, 'a run step needs a running machine');
});

t.test('power: cut pulls the plug', async (t) => {
  const vm = await machine(t);
  const { summary } = await play(vm, [power('cut')]);
  t.strictSame(summary, ['1 passed']);
  t.strictSame(vm.calls, ['cut power']);
});

t.test('the state is saved after a step that passed, and only then', async (t) => {
  const vm = await machine(t);
  await play(vm, [
    run('true', { saveAs: 'good' }),
    { ...base('save'), kind: 'checkpoint', saveAs: 'alone' },
    run('false', { saveAs: 'bad' }),
  ]);
  t.strictSame(
    vm.calls.filter((call) => call.startsWith('checkpoint')),
    ['checkpoint good', 'checkpoint alone'],
  );
});

t.test(
  'a step that nothing ends is given up by the engine, saying what was waited for',
  async (t) => {
    const vm = await machine(t);
    vm.viewDisks = () => new Promise(() => undefined);
    const look: Step = {
      ...base('look', { timeoutMs: 100 }),
      kind: 'disks',
      level: 'content',
      disks: [{ disk: 'vda', signatures: 'none', absent: [], present: [] }],
    };
    const { summary, result } = await play(vm, [look]);
    t.strictSame(summary, ['1 failed infra TAPBOOT_E_STEP_OVERDUE']);
    t.match(result.failure?.message, 'waited 0.1 s for the inspection of vda');
  },
);

t.test('secrets are in no event', async (t) => {
  const vm = await machine(t);
  const { events } = await play(
    vm,
    [run('echo hunter2; echo hunter2 >&2; exit 1', {}, { stdout: stream({ equals: 'hunter2' }) })],
    { redact: (text) => text.replaceAll('hunter2', '[redacted]') },
  );
  const all = JSON.stringify(events);
  t.notMatch(all, /hunter2/);
  t.match(all, /\[redacted\]/);
});

t.test('what nobody foresaw is infra and does not end the engine', async (t) => {
  const vm = await machine(t);
  vm.copyIn = () => {
    throw new RangeError('boom');
  };
  const { summary } = await play(vm, [
    {
      ...base('copy'),
      kind: 'copy',
      transfer: { direction: 'in', host: '/etc/hostname', guest: '/x' },
    },
    run('true'),
  ]);
  t.strictSame(summary, ['1 failed infra TAPBOOT_E_UNEXPECTED', '2 skipped (step 1 failed)']);
});

t.test('a console wait may look at a machine that is off', async (t) => {
  const vm = await machine(t);
  vm.consoleText = 'reboot: Power down\n';
  const { summary, ends } = await play(vm, [
    power('off'),
    wait({ what: 'console', look: { text: 'Power down' }, from: 'boot' }),
  ]);
  t.strictSame(summary, ['1 passed', '2 passed']);
  t.match(ends[1]?.notes, ['the console shows "Power down"']);
});

t.test('disks to come are plugged in within the first step that runs', async (t) => {
  const wanted: Machine = {
    memoryBytes: 1,
    cpus: 1,
    network: 'none',
    plug: 'after-boot',
    disks: [
      { name: 'vda', sizeBytes: 512 },
      { name: 'vdb', sizeBytes: 512 },
    ],
  };
  const reused = { count: 1, reason: 'reused', unitRuns: { started: {}, foreseen: {} } };
  t.test('in time', async (t) => {
    const vm = await machine(t);
    vm.plugs = ({ timeoutMs }) => {
      t.ok(timeoutMs > 0 && timeoutMs <= 10_000, 'in the time of the step');
      return Promise.resolve({ disks: ['vdb'], waitedMs: 1200, tookMs: 300 });
    };
    const steps = [run('echo reused'), run('echo one'), run('echo two')];
    const { summary, ends } = await play(vm, steps, { machine: wanted, reused });
    t.strictSame(summary, ['1 reused (reused)', '2 passed', '3 passed']);
    t.strictSame(
      vm.calls.filter((call) => call.startsWith('plug')),
      ['plug in vda vdb'],
    );
    t.match(ends[1]?.notes, [/^plugged in after the boot: vdb \(0\.3 s; waited 1\.2 s/]);
    t.strictSame(ends[2]?.notes, []);
  });
  t.test('too late', async (t) => {
    const vm = await machine(t);
    const got = 'a.service (start running, activating/start)';
    vm.plugs = () => Promise.reject(productError('TAPBOOT_E_BOOT_NOT_OVER', 'not over', { got }));
    const { summary, result } = await play(vm, [run('echo one'), run('echo two')], {
      machine: wanted,
    });
    t.strictSame(summary, [
      '1 failed product TAPBOOT_E_BOOT_NOT_OVER',
      '2 skipped (step 1 failed)',
    ]);
    t.match(result.failure?.mismatches, [{ got }]);
    t.notOk(
      vm.calls.some((call) => call.includes('echo')),
      'and the step itself was not run',
    );
  });
});
