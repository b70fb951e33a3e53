import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { asTapbootError, infraError } from '../../errors.js';
import { offeredFormats, type RamFormat, type SavedRam } from './migration/formats.js';
import { assertOffered } from './migration/demand.js';
import { loadRam, openRam } from './migration/load.js';
import { bytesOnDisk, saveRam } from './migration/save.js';
import { RunningMachine } from '../qemu/running-machine.js';
import { machineConfig } from '../boot-sequence.js';
import { joinInitrds } from '../initrd.js';
import type { Snapshot } from './snapshot.js';
import { partsOfSnapshot } from './parts.js';
import type { VmHost } from '../vm-host.js';

/**
 * Writes a state's RAM in another form. A QEMU that never runs its guest loads the state and
 * saves it again; so `shared-ram` has no machine that could go on writing to its file, which is
 * what makes such a file dangerous otherwise.
 * @param into directory for the new files, there already
 * @param name of the scratch machine, unique in the run
 * @throws TapbootError `infra` TAPBOOT_E_RAM_FORM when this QEMU does not have the form, or fails;
 *   nothing is left then
 */
export async function convertRam(
  host: VmHost,
  state: Snapshot & { ram: SavedRam },
  form: Exclude<RamFormat, 'stream'>,
  { into, name }: { into: string; name: string },
): Promise<SavedRam> {
  const file = join(into, `${form}.state`);
  const pages = form === 'shared-ram' ? join(into, 'ram.state') : undefined;
  const parts = await partsOfSnapshot(host, name, state, true);
  try {
    if (pages !== undefined) await makePages(pages, state.machine.memoryBytes);
    const ram = { form, file, pages };
    const machine = machineConfig(
      parts,
      await joinInitrds(parts.medium, join(parts.directory, 'initrd')),
    );
    await using source = await openRam(state.ram, host.qemu.major);
    await using running = await RunningMachine.start({
      executable: host.qemu.executable,
      socketDirectory: parts.directory,
      inherit: source.inherit,
      log: (line) => {
        host.log(`${name}: ${line}`);
      },
      config: {
        ...machine,
        incoming: true,
        ram: pages === undefined ? machine.ram : { file: pages, shared: true },
      },
    });
    const { qmp } = running;
    assertOffered(await offeredFormats(qmp), form, host.qemu.version);
    const { signal } = host;
    await loadRam(qmp, state.ram, source.uri, signal);
    const bytes = await saveRam(qmp, {
      form: form === 'shared-ram' ? 'devices' : form,
      file,
      signal,
      socket: join(parts.directory, 'save'),
    });
    return { ...ram, bytes: bytes + (pages === undefined ? 0 : await bytesOnDisk(pages)) };
  } catch (thrown) {
    await Promise.all([file, pages ?? file].map((path) => rm(path, { force: true })));
    const { message, details } = asTapbootError(thrown);
    throw infraError('TAPBOOT_E_RAM_FORM', `the state was not brought into the form ${form}`, {
      got: details.got === undefined ? message : `${message}: ${details.got}`,
      cause: thrown,
    });
  } finally {
    await rm(parts.directory, { recursive: true, force: true });
  }
}

/** As long as the machine's memory, with nothing in it; private, since RAM holds keys. */
async function makePages(path: string, bytes: number): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.truncate(Math.ceil(bytes / (1024 * 1024)) * 1024 * 1024);
  } finally {
    await handle.close();
  }
}
