import { join } from 'node:path';
import { infraError } from '../../../errors.js';
import { QemuProcess } from '../../qemu/process.js';
import { QmpClient } from '../../qemu/qmp.js';
import { listenOnce } from '../../qemu/socket.js';
import type { QemuBinary } from '../../qemu/version.js';
import { offeredFormats, type RamFormat } from './formats.js';
import { awaitedLater } from '../../../host/waiting.js';

/**
 * Makes sure that this QEMU supports the requested RAM format, before anything is
 * booted. Asks a QEMU without a machine; `auto` and `stream` need no question.
 * @param directory private and short: a socket is made in it
 * @throws TapbootError `infra` TAPBOOT_E_RAM_FORM
 */
export async function demandFormat(
  qemu: QemuBinary,
  wanted: RamFormat | 'auto',
  directory: string,
): Promise<void> {
  if (wanted === 'auto' || wanted === 'stream') return;
  assertOffered(await formsOf(qemu, directory), wanted, qemu.version);
}

async function formsOf(qemu: QemuBinary, directory: string): Promise<RamFormat[]> {
  await using listening = await listenOnce(join(directory, 'forms'));
  await using process = await QemuProcess.spawn({
    executable: qemu.executable,
    argv: [
      ...['-machine', 'none', '-nodefaults', '-no-user-config', '-display', 'none'],
      ...['-chardev', `socket,id=qmp,path=${listening.path},server=off`],
      ...['-mon', 'chardev=qmp,mode=control'],
    ],
    log: () => undefined,
  });
  const ended = process.exited.then(({ stderr }) => {
    throw infraError('TAPBOOT_E_QEMU_START', 'QEMU ended before it was ready', { got: stderr });
  });
  const qmp = await Promise.race([listening.connection.then((s) => QmpClient.connect(s)), ended]);
  const forms = await offeredFormats(qmp);
  qmp.close();
  // Ended by us from here on.
  awaitedLater(ended);
  return forms;
}

/** @throws TapbootError `infra` TAPBOOT_E_RAM_FORM */
export function assertOffered(
  offered: readonly RamFormat[],
  form: RamFormat,
  version: string,
): void {
  if (offered.includes(form)) return;
  throw infraError('TAPBOOT_E_RAM_FORM', `this QEMU does not support the RAM format ${form}`, {
    expected: `one of ${offered.join(', ')}`,
    got: version,
    hint: 'mapped-ram needs QEMU 9.0 or later; TAPBOOT_RAM_FORMAT=auto chooses among the available formats.',
  });
}
