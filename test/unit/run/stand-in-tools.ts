import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Test } from 'tap';

/** How long a stand-in waits for what it was told to wait for, in tenths of a second. */
const PATIENCE = 600;

/** Waits for a file that another program makes. */
const AWAIT = `await_file() {
  tries=0
  until [ -e "$state/$1" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt ${String(PATIENCE)} ] || { echo "$1 has not come" >&2; exit 9; }
    sleep 0.1
  done
}`;

/** Says of every package what apt says of it, and downloads nothing. */
const APT_GET = `case " $* " in
  *' --print-uris '*) echo "'http://archive.test/debian/dists/bookworm/InRelease' x 0" ;;
  *' linux-image-cloud-amd64 '*)
    echo 'Inst linux-image-6.1.0-1-cloud-amd64 (6.1.1-1 Debian:12/stable [amd64])' ;;
  *' --simulate install '*) echo 'Inst base-files (12.4 Debian:12/stable [amd64])' ;;
  *' --error-on=any update '*) : >"$state/lists-of-our-own" ;;
  *' download '*)
    echo "$*" >>"$state/downloads"
    cp "$state/package.tar" linux-image-6.1.0-1-cloud-amd64_6.1.1-1_amd64.deb
    : >base-files_12.4_amd64.deb ;;
  *) exit 9 ;;
esac`;

const MMDEBSTRAP = `${AWAIT}
: >"$state/installing"
eval "$(cat "$state/mmdebstrap.sh")"
for word; do
  case $word in
  '--customize-hook=tar-out '*) cp "$state/result.tar" "\${word##* }" ;;
  esac
done
: >"$state/installed"`;

/** Prints what the probe waits for on its console, once the scripts say so. */
const QEMU = `case "$*" in
  --version) echo 'QEMU emulator version 7.2.22 (stand-in)'; exit ;;
  *' -accel kvm '*) accelerator=kvm ;;
  *) accelerator=tcg ;;
esac
${AWAIT}
while [ $# -gt 0 ]; do
  case $1 in
  -kernel) kernel=$2 ;;
  socket,id=console,*) console=\${1#*path=} console=\${console%%,*} ;;
  esac
  shift
done
cp "$kernel" "$state/kernel-of-$accelerator"
: >"$state/probing-$accelerator"
eval "$(cat "$state/qemu-$accelerator.sh")"
exec "$node" -e '
  const socket = require("node:net").connect(process.argv[1]);
  socket.end("\\ntapboot-userspace-reached\\n");
  setInterval(() => {}, 1000);
' "$console"`;

/** A bzImage as far as the boot protocol goes, with what {@link KERNEL} holds. */
function bzImage(directory: string): Buffer {
  const plain = join(directory, 'plain');
  writeFileSync(plain, KERNEL);
  const packed = execFileSync('lz4', ['-l', '-9', '-c', plain]);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(KERNEL.length);
  const header = Buffer.alloc(3 * 512);
  header[0x1f1] = 2;
  header.write('HdrS', 0x202, 'latin1');
  header.writeUInt32LE(packed.length + size.length, 0x24c);
  return Buffer.concat([header, packed, size]);
}

/** The kernel of the package, unpacked. */
export const KERNEL = Buffer.concat([Buffer.from('\x7fELF'), Buffer.alloc(20_000, 'kernel ')]);

/**
 * The programs that a run is prepared with, as shell scripts: QEMU, and what builds the Debian
 * image. They are first on the PATH until the test ends. What they do is said by scripts:
 * `await_file NAME` waits for what another one has done.
 */
export class StandIns {
  readonly directory: string;

  /**
   * @param scripts what mmdebstrap does before it is done, and QEMU before its guest's user space
   *   runs, by accelerator
   */
  constructor(t: Test, scripts: { mmdebstrap: string; kvm: string; tcg: string }) {
    this.directory = t.testdir({ bin: {}, lists: {}, etc: {} });
    const { directory } = this;
    for (const name of ['boot', 'tapboot-out']) mkdirSync(join(directory, name));
    writeFileSync(join(directory, 'lists/archive.test_dists_bookworm_Packages'), 'packages');
    writeFileSync(join(directory, 'boot/vmlinuz-6.1.0-1-cloud-amd64'), bzImage(directory));
    execFileSync('tar', ['-cf', 'package.tar', './boot'], { cwd: directory });
    for (const name of ['root.erofs', 'initrd', 'kernel-version'])
      writeFileSync(join(directory, 'tapboot-out', name), `${name}\n`);
    execFileSync('tar', ['-cf', 'result.tar', 'tapboot-out'], { cwd: directory });
    writeFileSync(join(directory, 'mmdebstrap.sh'), scripts.mmdebstrap);
    writeFileSync(join(directory, 'qemu-kvm.sh'), scripts.kvm);
    writeFileSync(join(directory, 'qemu-tcg.sh'), scripts.tcg);
    this.#program(
      'apt-config',
      `echo "LISTS='${directory}/lists/'"; echo "ETC='${directory}/etc/'"`,
    );
    this.#program('apt-get', APT_GET);
    this.#program('apt-cache', "printf 'Package: base-files\\nVersion: 12.4\\n'");
    this.#program('dpkg-deb', 'cat "$2"');
    this.#program('mmdebstrap', MMDEBSTRAP);
    this.#program('qemu-system-x86_64', QEMU);
    const path = process.env['PATH'] ?? '';
    process.env['PATH'] = `${join(directory, 'bin')}${delimiter}${path}`;
    t.teardown(() => {
      process.env['PATH'] = path;
    });
  }

  #program(name: string, script: string): void {
    const file = join(this.directory, 'bin', name);
    const head = `#!/bin/sh\nset -eu\nstate='${this.directory}' node='${process.execPath}'\n`;
    writeFileSync(file, `${head}${script}\n`);
    chmodSync(file, 0o755);
  }

  /** What the programs have done so far, by the files that they leave. */
  has(name: string): boolean {
    return readdirSync(this.directory).includes(name);
  }

  /** A file that they have left. */
  file(name: string): Buffer {
    return readFileSync(join(this.directory, name));
  }

  /** Command lines of those that still run. */
  running(): string[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
        } catch {
          return '';
        }
      })
      .filter((line) => line.includes(`${join(this.directory, 'bin')}/`));
  }
}
