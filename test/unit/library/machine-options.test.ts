import t from 'tap';
import { machineOf, type MachineOptions } from '../../../driver/library/machine-options.js';
import { DEFAULT_MACHINE } from '../../../driver/language/default-machine.js';

t.test('what is left out is as in a scenario', async (t) => {
  t.same(machineOf(), DEFAULT_MACHINE);
  t.same(machineOf({}), DEFAULT_MACHINE);
  t.same(machineOf({ disks: {} }).disks, []);
});

t.test('sizes as text and as bytes', async (t) => {
  const machine = machineOf({
    memory: '1G',
    cpus: 2,
    disks: { vdb: 512, vda: '1.5G' },
    network: 'none',
    firmware: 'uefi',
  });
  t.same(machine, {
    memoryBytes: 2 ** 30,
    cpus: 2,
    disks: [
      { name: 'vda', sizeBytes: 1.5 * 2 ** 30 },
      { name: 'vdb', sizeBytes: 512 },
    ],
    network: 'none',
    firmware: 'uefi',
  });
});

const WRONG: [string, MachineOptions][] = [
  ['memory', { memory: 'much' }],
  ['memory', { memory: 2 ** 20 + 1 }],
  ['memory', { memory: 0 }],
  ['cpus', { cpus: 0 }],
  ['cpus', { cpus: 1.5 }],
  ['cpus', { cpus: 65 }],
  ['disks', { disks: { vdb: '1G' } }],
  ['disks', { disks: { vda: '1G', vdc: '1G' } }],
  ['disks', { disks: { sda: '1G' } }],
  ['disks.vda', { disks: { vda: 100 } }],
  ['network', { network: 'wifi' as 'none' }],
  ['firmware', { firmware: 'coreboot' as 'uefi' }],
];

t.test('a wrong value is named', async (t) => {
  for (const [option, options] of WRONG) {
    t.throws(
      () => machineOf(options),
      {
        code: 'TAPBOOT_E_MACHINE_OPTION',
        failureClass: 'scenario',
        message: `the machine option '${option}' has a wrong value`,
      },
      JSON.stringify(options),
    );
  }
});
