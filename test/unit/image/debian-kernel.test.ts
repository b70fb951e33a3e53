import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import {
  extractVmlinux,
  locatePayload,
  unpackKernel,
} from '../../../driver/image/debian/kernel.js';

const context = { progress: { stage: () => undefined, log: () => undefined } };

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

/** A bzImage as far as the boot protocol goes: header, payload, size, something behind. */
async function bzImage(kernel: Buffer, claimedSize = kernel.length): Promise<Buffer> {
  const packed = await execa('lz4', ['-l', '-9', '-c'], { input: kernel, encoding: 'buffer' });
  const payload = Buffer.concat([packed.stdout, Buffer.alloc(4)]);
  payload.writeUInt32LE(claimedSize, packed.stdout.length);
  const header = Buffer.alloc(3 * 512 + 64);
  header[0x1f1] = 2;
  header.write('HdrS', 0x202, 'latin1');
  header.writeUInt32LE(64, 0x248);
  header.writeUInt32LE(payload.length, 0x24c);
  return Buffer.concat([header, payload, Buffer.from('trailing')]);
}

t.test('the kernel inside a bzImage', async (t) => {
  const directory = t.testdir();
  const elf = Buffer.concat([Buffer.from('\x7fELF'), Buffer.alloc(200_000, 'kernel ')]);
  const image = await bzImage(elf);
  t.equal(locatePayload(image).start, 3 * 512 + 64);
  const [from, to] = [join(directory, 'vmlinuz'), join(directory, 'vmlinux')];
  await writeFile(from, image);
  await extractVmlinux(context, from, to);
  t.ok((await readFile(to)).equals(elf));

  await writeFile(from, await bzImage(elf, elf.length + 1));
  await t.rejects(extractVmlinux(context, from, to), { code: 'TAPBOOT_E_KERNEL_FORMAT' });
  t.match(
    thrownBy(() => locatePayload(Buffer.alloc(4096))),
    { details: { got: /header/ } },
  );
  const wrong = Buffer.from(image);
  wrong.write('gzip', 3 * 512 + 64, 'latin1');
  t.match(
    thrownBy(() => locatePayload(wrong)),
    { details: { got: /begins with 677a6970/ } },
  );
});

t.test('the bzImage out of a kernel package', async (t) => {
  const directory = t.testdir({ tree: { DEBIAN: {}, boot: {}, lib: {} } });
  const tree = join(directory, 'tree');
  const control =
    'Package: linux-image-x\nVersion: 1\nArchitecture: amd64\nMaintainer: t <t@t>\nDescription: x\n';
  await writeFile(join(tree, 'DEBIAN/control'), control);
  await writeFile(join(tree, 'boot/System.map-6.1'), 'map');
  const deb = join(directory, 'kernel.deb');
  await execa('dpkg-deb', ['--build', tree, deb]);
  const target = join(directory, 'out/vmlinuz');
  await mkdir(join(directory, 'out'));
  await t.rejects(unpackKernel(context, deb, target), {
    code: 'TAPBOOT_E_IMAGE_BUILD',
    details: { output: /vmlinuz-\*: Not found in archive/ },
  });

  await writeFile(join(tree, 'boot/vmlinuz-6.1'), 'the kernel');
  // More than a pipe holds: dpkg-deb ends by SIGPIPE.
  await writeFile(join(tree, 'lib/modules'), Buffer.alloc(4_000_000, 'module'));
  await execa('dpkg-deb', ['--build', tree, deb]);
  const lines: string[] = [];
  const progress = { stage: () => undefined, log: (line: string) => lines.push(line) };
  await unpackKernel({ progress }, deb, target);
  t.equal(await readFile(target, 'utf8'), 'the kernel');
  t.strictSame(lines, [], 'and nothing of the pipe is logged');

  await writeFile(deb, 'no package');
  await t.rejects(unpackKernel(context, deb, target), {
    code: 'TAPBOOT_E_IMAGE_BUILD',
    details: { output: /dpkg-deb: error: / },
  });
});
