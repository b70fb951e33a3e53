import t from 'tap';
import type { PlannedScenario } from '../../../driver/run/work-list.js';
import { defaultWorkers, hostCapacity, measuredResidence } from '../../../driver/run/workers.js';

const GIB = 1024 ** 3;

const scenarios = (count: number, memoryBytes = GIB / 2, cpus = 1): PlannedScenario[] =>
  Array.from(
    { length: count },
    () => ({ scenario: { machine: { memoryBytes, cpus } } }) as PlannedScenario,
  );

t.test('one machine a core, and no more than there are scenarios', (t) => {
  t.equal(defaultWorkers(scenarios(20), { cores: 4, freeBytes: 64 * GIB }), 4);
  t.equal(defaultWorkers(scenarios(3), { cores: 8, freeBytes: 64 * GIB }), 3);
  t.equal(defaultWorkers(scenarios(20, GIB / 2, 2), { cores: 8, freeBytes: 64 * GIB }), 4);
  t.end();
});

t.test('virtual CPUs that a machine has by default take no core from others', (t) => {
  const capacity = { cores: 2, freeBytes: 64 * GIB };
  const unknown = () => undefined;
  t.equal(defaultWorkers(scenarios(4, GIB, 2), capacity, unknown, 2), 2);
  t.equal(defaultWorkers(scenarios(4, GIB, 2), capacity, unknown, 1), 1);
  t.end();
});

t.test('no more than fit in memory, but always one', (t) => {
  t.equal(defaultWorkers(scenarios(20), { cores: 16, freeBytes: 2 * GIB }), 2);
  t.equal(defaultWorkers(scenarios(20, 8 * GIB), { cores: 16, freeBytes: 2 * GIB }), 1);
  t.equal(defaultWorkers([], { cores: 16, freeBytes: 2 * GIB }), 1);
  t.end();
});

t.test('what was measured counts instead of what might be', (t) => {
  const measured = (): number => GIB / 4;
  t.equal(defaultWorkers(scenarios(20), { cores: 16, freeBytes: 2 * GIB }, measured), 6);
  t.end();
});

t.test('saved machines say what such a machine takes', (t) => {
  const entry = (memoryBytes: number, residentBytes?: number) =>
    ({ manifest: { machine: { memoryBytes }, residentBytes } }) as Parameters<
      typeof measuredResidence
    >[0][number];
  const of = measuredResidence([
    entry(GIB, GIB / 4),
    entry(GIB, GIB / 2),
    entry(GIB / 2, GIB),
    entry(2 * GIB),
    {},
  ]);
  t.equal(of(GIB), (GIB / 2) * 1.25, 'the largest of that size, and room to grow');
  t.equal(of(GIB / 2), GIB / 2 + 192 * 1024 ** 2, 'never more than it can take');
  t.equal(of(2 * GIB), undefined, 'not measured');
  t.end();
});

t.test('this host can be asked', (t) => {
  const { cores, freeBytes } = hostCapacity();
  t.ok(cores >= 1);
  t.ok(freeBytes > 0);
  t.end();
});
