import t from 'tap';
import { disksFor, firmwareFor, mediumFor } from '../../../driver/machine/medium.js';
import type { BootImage, BootMedium } from '../../../driver/image/image.js';
import { testMachine } from '../../helpers/vm-host.js';

const image = (medium: BootMedium): BootImage => ({
  provider: 'file',
  spec: 'x',
  medium,
  artifact: {},
  identity: 'i',
  cached: true,
  access: { root: 'auto', user: 'root' },
});
const direct: BootMedium = { kind: 'direct', kernel: '/k', initrds: [], append: '' };

t.test("a scenario's firmware changes how an ISO is booted", async (t) => {
  const iso = image({ kind: 'cd', iso: '/i', firmware: 'bios' });
  t.match(mediumFor(iso, { ...testMachine(1), firmware: 'uefi' }), { firmware: 'uefi' });
  t.match(mediumFor(iso, testMachine(1)), { firmware: 'bios' });
});

t.test('a kernel booted directly has no firmware to choose', async (t) => {
  t.throws(() => mediumFor(image(direct), { ...testMachine(1), firmware: 'uefi' }), {
    failureClass: 'scenario',
    code: 'TAPBOOT_E_FIRMWARE_CHOICE',
  });
});

t.test('only UEFI needs files, and says where it looked', async (t) => {
  t.equal(await firmwareFor(direct, '/nowhere', undefined), undefined);
  const uefi: BootMedium = { kind: 'cd', iso: '/i', firmware: 'uefi' };
  await t.rejects(firmwareFor(uefi, t.testdir(), '/no/code.fd:/no/vars.fd'), {
    failureClass: 'infra',
    code: 'TAPBOOT_E_FIRMWARE_MISSING',
    details: { expected: /\/no\/code\.fd with \/no\/vars\.fd/ },
  });
});

t.test('a disk image backs vda, the others are blank', async (t) => {
  const medium: BootMedium = { kind: 'disk', disk: '/d', format: 'raw', firmware: 'bios' };
  t.strictSame(
    disksFor(testMachine(4, 5), medium).map(({ name, backing }) => [name, backing?.path]),
    [
      ['vda', '/d'],
      ['vdb', undefined],
    ],
  );
  t.notOk(disksFor(testMachine(4), direct)[0]?.backing);
});
