// QEMU 10 beside the host's own, for what only a newer one can do.
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { userCacheDirectory } from '../../driver/config/cache-directory.js';
import { identifyQemu, type QemuBinary } from '../../driver/machine/qemu/version.js';
import { unpackDebian } from './unpacked-debian.js';

/** The suite whose QEMU is 10.0; bookworm's is 7.2. */
const SUITE = 'trixie';

/** To be raised when the unpacking itself changes. */
const LAYOUT = 1;

/**
 * A QEMU of version 9 or later: the host's own, or QEMU 10 of Debian unpacked into the user's
 * cache (about 15 seconds and 150 MB, once).
 * @throws Error that says what is missing
 */
export async function newerQemu(): Promise<QemuBinary> {
  const own = await identifyQemu();
  if (own.major >= 9) return own;
  const directory = join(
    userCacheDirectory(process.env),
    'test-qemu',
    `${SUITE}-${String(LAYOUT)}`,
  );
  const program = 'usr/bin/qemu-system-x86_64';
  const packages = ['qemu-system-x86', 'qemu-utils'];
  const [executable = ''] = await unpackDebian(directory, {
    suite: SUITE,
    packages,
    programs: [program],
  });
  // Its own firmware: the places that it was built for are those of the host's QEMU.
  const share = join(directory, 'usr/share');
  const words = `'${executable}' -L '${share}/qemu' -L '${share}/seabios'`;
  const wrapper = join(directory, 'qemu-system-x86_64');
  await writeFile(wrapper, `#!/bin/sh\nexec ${words} "$@"\n`);
  await chmod(wrapper, 0o755);
  return await identifyQemu(wrapper);
}
