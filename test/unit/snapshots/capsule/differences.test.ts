import t from 'tap';
import { inputDifferences } from '../../../../driver/snapshots/capsule/open-capsule.js';

const inputs = {
  protocol: 1,
  qemu: { version: 'QEMU 7.2', files: { 'bios-256k.bin': 'aa' } },
  argv: ['-m', '512', '-smp', '1'],
  disks: [{ name: 'vda', sizeBytes: 512, backing: '/here/disk.img d1' }],
};

t.test('equal inputs do not differ, in whatever order', async (t) => {
  const { disks, argv, ...rest } = inputs;
  t.same(inputDifferences(inputs, { argv, disks, ...rest }), []);
});

t.test('each difference names its input, and both sides', async (t) => {
  const here = {
    ...inputs,
    qemu: { version: 'QEMU 10.0', files: { 'bios-256k.bin': 'aa' } },
    argv: ['-m', '1024', '-smp', '1', '-s'],
  };
  t.same(inputDifferences(inputs, here), [
    'argv: the capsule has "512", this host "1024" "-s"',
    'qemu.version: the capsule has "QEMU 7.2", this host "QEMU 10.0"',
  ]);
});

t.test('what only one side has is told', async (t) => {
  const { protocol: _protocol, ...older } = inputs;
  t.same(inputDifferences(inputs, older), ['protocol: the capsule has 1, this host nothing']);
});

t.test('where a disk image lies does not count; what is in it does', async (t) => {
  const at = (backing: string) => ({ ...inputs, disks: [{ ...inputs.disks[0], backing }] });
  t.same(inputDifferences(inputs, at('/elsewhere/other.img d1')), []);
  t.equal(inputDifferences(inputs, at('/here/disk.img d2') as typeof inputs).length, 1);
});
