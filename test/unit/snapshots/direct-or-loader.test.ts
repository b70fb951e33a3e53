import t from 'tap';
import { infraError } from '../../../driver/errors.js';
import type { NewEvent } from '../../../driver/events/events.js';
import type { BootImage, BootMedium } from '../../../driver/image/image.js';
import { DEFAULT_MACHINE } from '../../../driver/language/default-machine.js';
import type { BootImageVM } from '../../../driver/machine/boot-image-vm.js';
import { DirectOrLoader, type PathPool } from '../../../driver/snapshots/direct-or-loader.js';
import type { MachineWish } from '../../../driver/snapshots/machine-pool.js';

const IMAGE: BootImage = {
  provider: 'file',
  spec: 'file:x.iso',
  identity: 'x',
  cached: true,
  access: { root: 'console' } as BootImage['access'],
  artifact: {},
  medium: { kind: 'cd', iso: '/x.iso', firmware: 'bios' },
};
const DIRECT: BootMedium = { kind: 'direct', kernel: '/k', initrds: [], append: '' };

const machine = (memoryBytes = 1): MachineWish => ({
  machine: { ...DEFAULT_MACHINE, memoryBytes },
  subject: 'machine',
});
const boot = (memoryBytes = 1): MachineWish => ({ ...machine(memoryBytes), subject: 'boot' });

interface Making {
  image?: Partial<BootImage>;
  snapshots?: boolean;
  directFails?: true;
}

/** Who asks for what, and which pools were asked. */
function paths(wishes: MachineWish[], { image = {}, snapshots = false, directFails }: Making = {}) {
  const asked: string[] = [];
  const events: NewEvent[] = [];
  const pool = (name: string, fails?: true): PathPool => ({
    acquire: (_wish, called) => {
      asked.push(`${called}: ${name}`);
      if (fails === undefined) return Promise.resolve({ name } as BootImageVM);
      return Promise.reject(infraError('TAPBOOT_E_RESTORE', 'it does not come up'));
    },
    standBy: (_wish, called) => asked.push(`${called} stands by: ${name}`),
    hasSnapshot: () => Promise.resolve(snapshots),
    expect: (all) => asked.push(`${name} expects ${String(all.length)}`),
    forgo: () => undefined,
    close: () => Promise.resolve(),
  });
  const path = new DirectOrLoader(
    {
      host: { emit: (event) => events.push(event) },
      image: { ...IMAGE, direct: () => Promise.resolve(DIRECT), ...image },
      pool: pool('production'),
    },
    ({ medium, direct }) => {
      t.equal(medium, DIRECT);
      t.equal(direct, undefined);
      return pool('direct', directFails);
    },
    wishes,
  );
  return { path, asked, events };
}

t.test('a direct boot where nobody is about the boot', async (t) => {
  const { path, asked } = paths([machine(), machine()]);
  await path.acquire(machine(), 'a');
  await path.standBy(machine(), 'b');
  await path.acquire(machine(), 'b');
  t.same(asked, ['direct expects 2', 'a: direct', 'b stands by: direct', 'b: direct']);
});

t.test('the path of production', async (t) => {
  const production = ['a: production'];
  const uefi = { ...machine(), machine: { ...DEFAULT_MACHINE, firmware: 'uefi' as const } };
  const cases: [string, MachineWish, MachineWish[], Making][] = [
    ['for a verdict about the boot', boot(), [boot()], {}],
    ['where another of the run boots like that', machine(), [boot(), machine()], {}],
    ['where an earlier run has kept that boot', machine(), [machine()], { snapshots: true }],
    ['where the scenario names the firmware', uefi, [uefi], {}],
    ['where the SPEC says how', machine(), [machine()], { image: { direct: undefined } }],
    [
      'where kernel and initrd cannot be had',
      machine(),
      [machine()],
      { image: { direct: () => Promise.resolve(undefined) } },
    ],
  ];
  for (const [title, wish, wishes, making] of cases) {
    const { path, asked } = paths(wishes, making);
    await path.acquire(wish, 'a');
    t.same(asked, production, title);
  }
  const { path, asked } = paths([boot(2), machine(1)]);
  await path.acquire(machine(1), 'a');
  t.same(asked.at(-1), 'a: direct', 'a boot of another machine is no use');
});

t.test('who does not come up directly is booted by the loader, with a notice', async (t) => {
  const { path, asked, events } = paths([machine(), machine()], { directFails: true });
  t.match(await path.acquire(machine(), 'a'), { name: 'production' });
  await path.acquire(machine(), 'b');
  t.same(asked, ['direct expects 2', 'a: direct', 'a: production', 'b: production']);
  t.match(events, [{ type: 'notice', level: 'warning', message: /direct boot.*does not come up/ }]);
});
