import t from 'tap';
import { qemuArguments, type MachineConfig } from '../../../../driver/machine/qemu/arguments.js';
import { cpuModel, LEAN_CPU } from '../../../../driver/machine/qemu/version.js';

const base: MachineConfig = {
  name: 'm',
  memoryMiB: 512,
  cpus: 1,
  disks: [
    { name: 'vda', overlay: '/w/vda.qcow2' },
    { name: 'vdb', overlay: '/w/vdb.qcow2' },
  ],
  medium: { kind: 'direct', kernel: '/i/vmlinux', initrds: ['/i/initrd'], append: 'quiet' },
  initrd: '/i/joined',
  network: 'isolated',
  accelerator: { name: 'tcg', reasons: [], remembered: false },
  cpuModel: 'max,-cx16',
  smbiosFiles: ['/w/a,b'],
  mac: '52:54:00:12:34:56',
  sockets: { qmp: '/w/qmp', console: '/w/console', shell: '/w/shell' },
};

const after = (argv: string[], option: string): string[] =>
  argv.flatMap((word, index) => (word === option ? [argv[index + 1] ?? ''] : []));

t.test(
  'nothing listens anywhere but on loopback, and an isolated guest gets no way out',
  async (t) => {
    const argv = qemuArguments(base);
    t.strictSame(after(argv, '-netdev'), ['user,id=net0,restrict=on,hostfwd=tcp:127.0.0.1:0-:22']);
    for (const word of argv) t.notMatch(word, /0\.0\.0\.0|telnet|-vnc|server=on/);
    t.match(after(argv, '-sandbox')[0], /^on,.*spawn=deny/);
  },
);

t.test(
  'any name is one that QEMU takes, and that tells the machine in a list of processes',
  async (t) => {
    const named = (name: string): string[] => after(qemuArguments({ ...base, name }), '-name');
    t.strictSame(named('provisions-clean-disk'), ['guest=tapboot-provisions-clean-disk']);
    t.match(named('x[level=one,two]')[0], /^guest=tapboot-x-level-one-two~[0-9a-f]{20}$/);
  },
);

t.test('network: internet and none', async (t) => {
  t.notMatch(after(qemuArguments({ ...base, network: 'internet' }), '-netdev')[0], /restrict/);
  const none = qemuArguments({ ...base, network: 'none' });
  t.strictSame(after(none, '-netdev'), []);
  t.strictSame(after(none, '-nic'), ['none']);
});

t.test('disks keep their order, and a comma in a path is escaped', async (t) => {
  const argv = qemuArguments(base);
  t.strictSame(
    after(argv, '-device').filter((device) => device.startsWith('virtio-blk')),
    [
      'virtio-blk-pci,drive=vda,id=disk-vda,serial=vda',
      'virtio-blk-pci,drive=vdb,id=disk-vdb,serial=vdb',
    ],
  );
  t.strictSame(after(argv, '-smbios'), ['type=11,path=/w/a,,b']);
});

t.test('the image is attached read-only in every form', async (t) => {
  for (const medium of [
    { kind: 'direct', kernel: '/k', initrds: [], append: '', root: '/r', iso: '/i' },
    { kind: 'cd', iso: '/i', firmware: 'bios' },
  ] as const) {
    const nodes = after(
      qemuArguments({ ...base, medium: { ...medium, initrds: [] } as never }),
      '-blockdev',
    ).map((json) => JSON.parse(json) as { 'node-name': string; 'read-only'?: boolean });
    for (const node of nodes.filter((each) => ['root', 'iso'].includes(each['node-name']))) {
      t.equal(node['read-only'], true, node['node-name']);
    }
  }
});

t.test('the kernel started directly has the serial console last', async (t) => {
  const argv = qemuArguments({
    ...base,
    medium: { kind: 'direct', kernel: '/k', initrds: [], append: 'console=ttyS0 console=tty0' },
  });
  t.same(after(argv, '-append'), ['console=tty0 console=ttyS0']);
});

t.test('cmpxchg16b is masked under TCG before QEMU 10 only', async (t) => {
  t.equal(cpuModel({ major: 7 }, 'tcg').model, `${LEAN_CPU},-cx16`);
  t.equal(cpuModel({ major: 7 }, 'tcg', 'max,+cx16').model, 'max,+cx16,-cx16');
  t.equal(cpuModel({ major: 10 }, 'tcg').model, LEAN_CPU);
  t.equal(cpuModel({ major: 10 }, 'tcg', 'max').model, 'max');
  t.equal(cpuModel({ major: 7 }, 'kvm', 'max').model, 'host');
});

t.test(
  'a CPU with AES has the carry-less multiplication that Linux takes for granted then',
  async (t) => {
    t.ok(['+aes', '+pclmulqdq'].every((feature) => LEAN_CPU.split(',').includes(feature)));
  },
);

t.test('RAM from a file: shared with it, or copy-on-write', async (t) => {
  t.notOk(
    qemuArguments(base).some((each) => each.includes('memory-backend')),
    'none unasked',
  );
  for (const [shared, share] of [
    [true, 'on'],
    [false, 'off'],
  ] as const) {
    const argv = qemuArguments({ ...base, ram: { file: '/a,b/ram', shared } });
    t.strictSame(
      after(argv, '-object').filter((object) => object.startsWith('memory')),
      [`memory-backend-file,id=pc.ram,mem-path=/a,,b/ram,size=512M,share=${share}`],
      'the size of the machine’s memory',
    );
    t.match(after(argv, '-machine')[0], /,memory-backend=pc\.ram$/, 'the name a stream has for it');
  }
});
