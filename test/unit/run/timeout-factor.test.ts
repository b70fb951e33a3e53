import t from 'tap';
import { timeoutFactor, withTimeouts } from '../../../driver/run/timeout-factor.js';
import { load } from '../scenario/scenario-files.js';

t.test('auto comes from the accelerator', async (t) => {
  const auto = { timeoutFactor: 'auto', accel: 'auto' } as const;
  t.equal(timeoutFactor(auto, 'kvm'), 1);
  t.equal(timeoutFactor(auto, 'tcg'), 5);
  t.equal(timeoutFactor(auto, undefined), 5, 'not known yet: the longest it can take');
  t.equal(timeoutFactor({ ...auto, accel: 'kvm' }, undefined), 1, 'demanded, so known');
  t.equal(timeoutFactor({ timeoutFactor: 2.5, accel: 'auto' }, 'kvm'), 2.5);
});

t.test(
  'all timeouts of a scenario are multiplied, those of a second machine’s plan, too',
  async (t) => {
    const { scenarios, problems } = await load(t, {
      'it.yaml': [
        'name: It',
        'machine: { disks: { vda: 64M, vdb: 64M } }',
        'timeout: 10s',
        'steps:',
        '  - run: id',
        '  - { run: id, timeout: 2s }',
        '  - power: off',
        '  - disks: { vdb: clean, resurrect: { plan: p/back } }',
      ],
      'plans/p.yaml': ['plan: p', 'sections: { back: [{ run: id, timeout: 4s }] }'],
    });
    t.same(problems, []);
    const [scenario] = scenarios;
    if (scenario === undefined) throw new Error('no scenario');
    const before = JSON.stringify(scenario);
    const timeouts = (factor: number) => {
      const { timeoutMs, steps } = withTimeouts(scenario, factor);
      const inner = steps.flatMap((step) =>
        step.kind === 'disks' ? (step.resurrect?.steps ?? []).map((one) => one.timeoutMs) : [],
      );
      return [timeoutMs, ...steps.map((step) => step.timeoutMs), ...inner];
    };
    t.same(timeouts(1), [10_000, 10_000, 2000, 10_000, 10_000, 4000]);
    t.same(timeouts(2.5), [25_000, 25_000, 5000, 25_000, 25_000, 10_000]);
    t.same(timeouts(0.0001), [1, 1, 1, 1, 1, 1], 'never none');
    t.same(new Set(timeouts(1e9)), new Set([7 * 24 * 3_600_000]), 'at most 7 days');
    t.equal(JSON.stringify(scenario), before, 'the scenario itself stays as it is written');
    t.equal(withTimeouts(scenario, 1), scenario);
  },
);
