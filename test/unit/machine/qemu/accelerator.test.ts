import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { chooseAccelerator, probeBoot } from '../../../../driver/machine/qemu/accelerator.js';
import { identifyQemu } from '../../../../driver/machine/qemu/version.js';
import { testImage } from '../../../helpers/vm-host.js';

const log = (): void => undefined;

t.test('the probe boots a real kernel to user space, and tells when none gets there', async (t) => {
  const qemu = await identifyQemu();
  const { medium } = await testImage();
  if (medium.kind !== 'direct') return t.fail('the embedded image boots directly');
  t.equal(
    await probeBoot('tcg', { qemu, log, kernel: medium.kernel, deadlineSeconds: 240 }),
    undefined,
  );

  const noKernel = join(t.testdir(), 'vmlinuz');
  await writeFile(noKernel, 'not a kernel at all'.repeat(1000));
  const outcome = await probeBoot('tcg', { qemu, log, kernel: noKernel, deadlineSeconds: 3 });
  t.match(outcome, /did not reach user space within 3 s|QEMU ended/);
});

t.test('TCG asked for is not probed', async (t) => {
  const cacheDirectory = t.testdir();
  const qemu = await identifyQemu();
  const choice = await chooseAccelerator({ wanted: 'tcg', qemu, cacheDirectory, log });
  t.match(choice, { name: 'tcg', reasons: ['TCG: asked for'] });
  t.strictSame(await readdir(cacheDirectory), []);
});

t.test('without a usable KVM: auto falls back and says why, kvm is refused', async (t) => {
  const cacheDirectory = t.testdir();
  const qemu = await identifyQemu();
  // Empty: fails at once under any accelerator, so KVM must not be blamed for it.
  const broken = join(cacheDirectory, 'kernel');
  await writeFile(broken, '');
  const options = { qemu, cacheDirectory, log, kernel: () => Promise.resolve(broken) };
  const choice = await chooseAccelerator({ ...options, wanted: 'auto' });
  t.equal(choice.name, 'tcg');
  t.match(choice.reasons[0], /^KVM refused/);
  t.equal(choice.remembered, false);
  t.strictSame(await readdir(cacheDirectory), ['kernel'], 'no verdict about this host is kept');
  await t.rejects(chooseAccelerator({ ...options, wanted: 'kvm' }), {
    failureClass: 'infra',
    code: 'TAPBOOT_E_KVM_UNUSABLE',
    details: { got: /^KVM refused/ },
  });
});

t.test('a verdict is remembered for this host and this QEMU build alone', async (t) => {
  const { medium } = await testImage();
  if (medium.kind !== 'direct') return t.fail('the embedded image boots directly');
  if (!existsSync('/dev/kvm')) return t.pass('no /dev/kvm: looked at anew every time');
  const qemu = await identifyQemu();
  const options = {
    cacheDirectory: t.testdir(),
    log,
    kernel: () => Promise.resolve(medium.kernel),
  };
  const first = await chooseAccelerator({ ...options, qemu, wanted: 'auto' });
  t.equal(first.remembered, false);
  const again = await chooseAccelerator({ ...options, qemu, wanted: 'auto' });
  t.match(again, { ...first, remembered: true });
  const other = { ...qemu, version: `${qemu.version} of another build` };
  const anew = await chooseAccelerator({ ...options, qemu: other, wanted: 'auto' });
  t.equal(anew.remembered, false, 'another QEMU is probed anew');
});

t.test('a kernel that cannot be read is no verdict about KVM', async (t) => {
  if (!existsSync('/dev/kvm')) return t.pass('no /dev/kvm: nothing would be probed');
  const cacheDirectory = t.testdir();
  const options = { qemu: await identifyQemu(), cacheDirectory, log, wanted: 'auto' as const };
  const kernel = (): Promise<string> => Promise.resolve('/no/such/kernel');
  await t.rejects(chooseAccelerator({ ...options, kernel }), { code: 'TAPBOOT_E_PROBE_KERNEL' });
  t.strictSame(await readdir(cacheDirectory), []);
});
