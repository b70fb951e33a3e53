import { join } from 'node:path';
import t from 'tap';
import { checkScenarios, type Scenario } from '../../../driver/scenario/index.js';
import type { Step } from '../../../driver/steps/step.js';
import { judgeOutput } from '../../../driver/language/expect/judge.js';

const root = join(import.meta.dirname, '../../..');
const { scenarios, problems } = await checkScenarios(['scenarios'], { workingDirectory: root });

const scenario = (id: string): Scenario => {
  const found = scenarios.find((each) => each.id === id);
  if (found === undefined) throw new Error(`there is no scenario ${id}`);
  return found;
};
const commands = (steps: readonly Step[]): string[] =>
  steps.flatMap((step) => (step.kind === 'run' ? [step.command] : []));
const section = (id: string, name: string): Step[] =>
  scenario(id).steps.filter(({ via }) => via?.section === name);

t.test('what ships is without a mistake, and tagged', async (t) => {
  t.same(problems, []);
  t.equal(scenarios.length, 4);
  for (const { id, tags } of scenarios) {
    t.ok(tags.includes('vm') && tags.includes('slow') && tags.length > 2, id);
  }
});

t.test('the first three are about the boot, on one disk; the last is not, on three', async (t) => {
  for (const id of ['provisions-clean-disk', 'configures-network', 'announces-address']) {
    t.equal(scenario(id).subject, 'boot', id);
    t.same(scenario(id).machine, scenario('provisions-clean-disk').machine, id);
    t.equal(scenario(id).machine.disks.length, 1, id);
  }
  const { subject, machine } = scenario('removes-raid-lvm-residue');
  t.equal(subject, 'machine');
  t.same(machine.disks, [
    { name: 'vda', sizeBytes: 4 * 2 ** 30 },
    { name: 'vdb', sizeBytes: 1.5 * 2 ** 30 },
    { name: 'vdc', sizeBytes: 1.5 * 2 ** 30 },
  ]);
});

t.test('time limits are those of the seed', async (t) => {
  const [status] = scenario('provisions-clean-disk').steps;
  t.equal(status?.timeoutMs, 420_000);
  const [address, unit] = scenario('configures-network').steps;
  t.equal(address?.timeoutMs, 240_000);
  t.equal(unit?.timeoutMs, 180_000);
});

t.test('the console pattern takes an address and nothing less', async (t) => {
  const [step] = scenario('announces-address').steps;
  if (step?.kind !== 'wait' || step.for.what !== 'console' || !('pattern' in step.for.look)) {
    throw new Error('it waits for no pattern');
  }
  const { source, flags } = step.for.look.pattern;
  const pattern = new RegExp(source, flags);
  t.match('x LAN IPv4 address: 10.0.2.15\r\n', pattern);
  t.notMatch('LAN IPv4 address: 10.0.2', pattern);
  t.notMatch('LAN IPv4 address: <a.b.c.d>', pattern);
});

t.test('the seeding is the canonical sequence', async (t) => {
  t.same(commands(section('removes-raid-lvm-residue', 'seed')), [
    'mdadm --create /dev/md127 --force --level=1 --metadata=1.2 --raid-devices=2 /dev/vdb /dev/vdc',
    'mdadm --detail /dev/md127',
    'pvcreate /dev/md127',
    'vgcreate vg_residue /dev/md127',
    'lvcreate -n lv_residue -l 100%FREE vg_residue',
    "printf 'residue-marker' | dd of=/dev/vg_residue/lv_residue bs=1 conv=fsync status=none",
    'dd if=/dev/vg_residue/lv_residue bs=1 count=64 status=none | hexdump -C',
  ]);
});

t.test('the verification looks for all four names in all five places', async (t) => {
  const steps = section('removes-raid-lvm-residue', 'verify');
  t.same(commands(steps), [
    'lsblk --output NAME,TYPE,SIZE,MOUNTPOINT --paths',
    'mdadm --detail --scan',
    'ls /dev/vg_residue /dev/vg_residue/lv_residue',
    'blkid',
    'dd if=/dev/vg_residue/lv_residue bs=1 count=64 status=none | hexdump -C',
    'dd if=/dev/vg_residue/lv_residue of=/dev/null bs=1 count=64 status=none',
  ]);
  const names = ['/dev/md127', 'vg_residue', 'lv_residue', 'residue-marker'];
  for (const step of steps) {
    if (step.kind !== 'run') continue;
    t.same(step.expect.stdout?.notContains, names, step.title);
    const mustFail = /^(ls |dd .* of=)/.test(step.command);
    t.equal(step.expect.exit === 'nonzero', mustFail, `${step.title}: status`);
  }
});

t.test('a blkid that could not look has not shown that nothing is there', async (t) => {
  const steps = section('removes-raid-lvm-residue', 'verify');
  const step = steps.find((each) => each.kind === 'run' && each.command === 'blkid');
  if (step?.kind !== 'run') throw new Error('no step asks blkid');
  const holds = (exitStatus: number, stdout: string, stderr: string): boolean =>
    judgeOutput({ exitStatus, stdout, stderr }, step.expect).every(({ ok }) => ok);
  t.ok(holds(2, '', ''), 'nothing found');
  t.ok(holds(0, '/dev/vda1: TYPE="ext4"', ''), 'something else found');
  t.notOk(holds(2, '', 'blkid: error: /dev/vdb: Input/output error'), 'no answer at all');
});

t.test(
  'the order: precondition, seed, run, guest, host, power-off, host, resurrection',
  async (t) => {
    const { steps } = scenario('removes-raid-lvm-residue');
    const order = steps.map(({ kind, via }) => via?.section ?? kind);
    t.same(
      order.filter((part, index) => part !== order[index - 1]),
      ['wait', 'free-disks', 'seed', 'run', 'start', 'run', 'verify', 'disks', 'power', 'disks'],
    );
    t.match(steps[0], { for: { what: 'unit-ended', ended: 'inactive', since: 'boot' } });
    t.match(
      steps.find(({ kind }) => kind === 'start'),
      { unit: 'pre-nixos.service', action: 'restart', ended: 'inactive' },
    );
    t.match(steps[steps.length - 2], { kind: 'power', action: 'off' });
    const last = steps[steps.length - 1];
    if (last?.kind !== 'disks') throw new Error('the last step looks at no disks');
    t.equal(last.level, 'content');
    t.same(last.disks, [
      { disk: 'vdb', signatures: 'none', absent: ['residue-marker'], present: [] },
      { disk: 'vdc', signatures: 'none', absent: ['residue-marker'], present: [] },
    ]);
    t.same(last.resurrect?.disks, ['vdb', 'vdc']);
    t.match(commands(last.resurrect?.steps ?? []), [
      /scan/,
      /^mdadm --create \/dev\/md127 .*--assume-clean .*--level=1 --metadata=1.2 --raid-devices=2/,
    ]);
  },
);

t.test('the level can be chosen', async (t) => {
  const chosen = await checkScenarios(['scenarios'], {
    workingDirectory: root,
    variables: { level: 'signatures' },
  });
  t.same(chosen.problems, []);
  const levels = chosen.scenarios.flatMap(({ steps }) =>
    steps.flatMap((step) => (step.kind === 'disks' ? [step.level] : [])),
  );
  t.same(levels, ['signatures', 'signatures']);
});
