// A machine that boots in seconds under emulation: the embedded image's kernel and busybox, the
// host's bash, and no more. For tests of what is around the machine. It has no network: a scenario on
// it says `network: none`.
import { copyFile, mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { execa } from 'execa';
import { packCpio, type CpioEntry } from '../../driver/image/content/cpio.js';
import { provideOnce } from '../helpers/image-info.js';

/** A root shell on the console, and what the driver needs to start its own on its port. */
const INIT = `#!/bin/busybox sh
export PATH=/usr/bin:/bin HOME=/root
/bin/busybox mkdir -p /proc /sys /run /tmp /root /etc
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
echo root:x:0:0::/root:/bin/bash >/etc/passwd
# Which of the first two needs the other depends on the kernel.
insmod /lib/virtio.ko 2>/dev/null
for module in virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk virtio_console; do
  insmod "/lib/$module.ko"
done
until [ -c /dev/vport0p1 ]; do usleep 10000; done
mkdir /dev/virtio-ports
ln -s ../vport0p1 /dev/virtio-ports/tapboot.shell.0
while :; do setsid -c bash -i </dev/ttyS0 >/dev/ttyS0 2>&1; done
`;

/** What busybox lacks, or does otherwise. */
const PROGRAMS = ['bash', 'setsid'];

/** Writes `kernel` and `initrd` of the machine into a directory. */
export async function smallMachine(directory: string): Promise<void> {
  const { medium } = await provideOnce('debian:fast');
  if (medium.kind !== 'direct') throw new Error('debian:fast has no kernel of its own');
  const [busybox = ''] = medium.initrds;
  await mkdir(directory, { recursive: true });
  await copyFile(medium.kernel, join(directory, 'kernel'));
  const entries = await withLibraries(PROGRAMS);
  entries.push({ kind: 'directory', path: 'dev', mode: 0o755 });
  entries.push({ kind: 'file', path: 'init', mode: 0o755, content: Buffer.from(INIT) });
  const archives = [await readFile(busybox), packCpio(entries, 0)];
  await writeFile(join(directory, 'initrd'), Buffer.concat(archives));
}

/** Programs of the host in /usr/bin, with the libraries and the loader where they look for them. */
async function withLibraries(programs: readonly string[]): Promise<CpioEntry[]> {
  const files = new Map<string, string>();
  for (const program of programs) {
    const { stdout: found } = await execa('sh', ['-c', `command -v ${program}`]);
    files.set(`usr/bin/${program}`, found);
    const { stdout } = await execa('ldd', [found]);
    for (const [, path = ''] of stdout.matchAll(/(\/\S+) \(0x/g)) {
      files.set(relative('/', path), path);
    }
  }
  const directories = new Set<string>();
  for (const path of files.keys()) {
    for (let at = dirname(path); at !== '.'; at = dirname(at)) directories.add(at);
  }
  const entries: CpioEntry[] = [...directories]
    .sort()
    .map((path) => ({ kind: 'directory', path, mode: 0o755 }));
  for (const [path, file] of files) {
    const content = await readFile(await realpath(file));
    entries.push({ kind: 'file', path, mode: 0o755, content });
  }
  return entries;
}
