import t from 'tap';
import { machineKey } from '../../../driver/snapshots/machine-key.js';
import { repeated } from '../../../driver/run/work-list.js';
import type { BootImage } from '../../../driver/image/image.js';
import type { Scenario } from '../../../driver/scenario/index.js';
import { testMachine } from '../../helpers/vm-host.js';

t.test('repetitions have names of their own', async (t) => {
  const scenarios = [{ id: 'a', name: 'A', file: 'a.yaml' }] as Scenario[];
  t.strictSame(
    repeated(scenarios, 2).map(({ ref }) => [ref.id, ref.name]),
    [
      ['a', 'A'],
      ['a#2', 'A (2 of 2)'],
    ],
  );
  t.equal(repeated(scenarios, 1).length, 1);
});

t.test('everything that makes a difference to the machine makes another key', async (t) => {
  const image = { identity: 'x', medium: { kind: 'cd' } } as BootImage;
  const machine = testMachine(4096);
  const keys = [
    machineKey(image, machine),
    machineKey({ ...image, identity: 'y' }, machine),
    machineKey(image, testMachine(4096, 1024)),
    machineKey(image, testMachine(4095)),
    machineKey(image, { ...machine, memoryBytes: machine.memoryBytes * 2 }),
    machineKey(image, { ...machine, cpus: 2 }),
    machineKey(image, { ...machine, network: 'none' }),
    machineKey(image, { ...machine, firmware: 'uefi' }),
  ];
  t.equal(new Set(keys).size, keys.length);
  t.equal(machineKey(image, testMachine(4096)), keys[0], 'equal machines share a boot');
});
