import t from 'tap';
import { diskFiles, knownDisks } from '../../../driver/library/vm.js';
import { machineOf } from '../../../driver/library/machine-options.js';

const machine = machineOf({ disks: { vda: '1G', vdb: '1G' } });

t.test('files by name, as far as they are known', async (t) => {
  t.same(diskFiles(machine, { diskImage: '/a', extraDisks: ['/b'] }), { vda: '/a', vdb: '/b' });
  t.same(diskFiles(machine, { diskImage: '/a' }), { vda: '/a' });
  t.same(diskFiles(machine, {}), {});
});

t.test('a disk that is not there', async (t) => {
  t.same(knownDisks(machine, ['vdb']), ['vdb']);
  t.throws(() => knownDisks(machine, ['vda', 'vdc']), {
    code: 'TAPBOOT_E_DISK_UNKNOWN',
    details: { expected: 'one of vda, vdb', got: 'vdc' },
  });
  t.throws(() => knownDisks(machineOf({ disks: {} }), ['vda']), {
    code: 'TAPBOOT_E_DISK_UNKNOWN',
    details: { expected: 'no disk at all' },
  });
});
