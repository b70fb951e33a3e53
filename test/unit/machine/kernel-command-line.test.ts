import t from 'tap';
import type { Channel } from '../../../driver/channel/channel.js';
import { ConsoleTranscript } from '../../../driver/channel/console/transcript.js';
import { kernelCommandLine, readCommandLine } from '../../../driver/machine/kernel-command-line.js';
import type { BootMedium } from '../../../driver/image/image.js';

const guest = (said: string, commandLine?: string) => {
  const transcript = new ConsoleTranscript({ sink: { write: () => true }, clock: () => 0 });
  transcript.push(Buffer.from(said));
  return { transcript, commandLine };
};

const from = (medium: BootMedium) => ({ medium });
const cd = from({ kind: 'cd', iso: '/i', firmware: 'bios' });
const direct = from({ kind: 'direct', kernel: '/k', initrds: [], append: 'quiet console=tty0' });

const PRINTED = [
  '[    0.000000] Linux version 6.1.0 (gcc) #1',
  '[    0.000000] Command line: BOOT_IMAGE=/vmlinuz entry=two',
  '[    0.011000][    T0] Kernel command line: BOOT_IMAGE=/vmlinuz entry=two more',
  '',
].join('\r\n');

t.test('what was booted, from the best source there is', async (t) => {
  t.same(kernelCommandLine(cd, guest(PRINTED, 'entry=three')), {
    text: 'entry=three',
    source: 'guest',
  });
  t.same(kernelCommandLine(cd, guest(PRINTED)), {
    text: 'BOOT_IMAGE=/vmlinuz entry=two',
    source: 'console',
  });
  t.same(kernelCommandLine(cd, guest('[    0.011000][    T0] Kernel command line: a=1\r\n')), {
    text: 'a=1',
    source: 'console',
  });
  t.same(kernelCommandLine(direct, guest('')), {
    text: 'quiet console=tty0 console=ttyS0,115200n8',
    source: 'qemu',
  });
  t.equal(kernelCommandLine(cd, guest('login: ')), undefined, 'a loader chose in silence');
  t.equal(kernelCommandLine({ ...direct, bootFrom: 'vda' }, guest('')), undefined);
});

t.test('read over a channel with root, and no trouble where that fails', async (t) => {
  const channel = (run: () => Promise<{ stdout: string }>) => ({ run }) as unknown as Channel;
  t.equal(await readCommandLine(channel(async () => ({ stdout: 'a=1 b="c d"\n' }))), 'a=1 b="c d"');
  t.equal(await readCommandLine(channel(async () => ({ stdout: '' }))), undefined);
  t.equal(await readCommandLine(channel(() => Promise.reject(new Error('x')))), undefined);
});
