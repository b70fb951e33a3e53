import { asTapbootError } from '../../errors.js';
import type { MachineParts } from '../boot-sequence.js';
import type { Guest } from '../guest.js';
import { type Snapshot, type SnapshotName } from './snapshot.js';
import { saveSnapshot, saveStopped, saveUnasked } from './save.js';

/**
 * How much of a machine could be kept:
 * - `proven`: all of it, and it can prove itself when it is restored
 * - `unasked`: all of it, but its guest answered no more
 * - `off`: its disks; the machine was powered off
 * - `disks`: its disks; QEMU was gone, or could not save the machine
 */
export type CaptureKind = 'proven' | 'unasked' | 'off' | 'disks';

/** A machine at the moment something went wrong. */
export interface Capture {
  kind: CaptureKind;
  state: Snapshot;
  /** Why it is not `proven`, in a sentence. */
  reason?: string;
}

/**
 * Keeps of a machine what can be kept, whatever state it is in; it goes on afterwards.
 * @throws TapbootError `infra` when not even its disks can be told (a full disk, say)
 */
export async function captureMoment(
  parts: MachineParts,
  guest: Guest | undefined,
  power: 'on' | 'off',
  name: SnapshotName,
): Promise<Capture> {
  const stopped = async (kind: CaptureKind, reason: string): Promise<Capture> => ({
    kind,
    reason,
    state: await saveStopped(parts, guest, name),
  });
  if (power === 'off' || guest === undefined) return await stopped('off', 'it was powered off');
  const { running } = guest;
  const { qmp } = running;
  const gone = (): boolean => !running.process.running;
  let reason = 'the guest answered no more';
  if (!guest.dead) {
    try {
      return { kind: 'proven', state: await saveSnapshot(parts, guest, name) };
    } catch (thrown) {
      const { message, details } = asTapbootError(thrown);
      reason = details.got ?? message;
    }
  }
  if (gone()) return await stopped('disks', 'QEMU was gone');
  try {
    return { kind: 'unasked', state: await saveUnasked(parts, guest, name), reason };
  } catch (thrown) {
    const { message, details } = asTapbootError(thrown);
    if (gone()) return await stopped('disks', 'QEMU was gone');
    await qmp.execute('stop');
    try {
      const disks = await parts.disks.freeze(qmp);
      const state = { ...(await saveStopped(parts, guest, name)), disks };
      return { kind: 'disks', state, reason: `${reason}; ${details.got ?? message}` };
    } finally {
      await qmp.execute('cont').catch(() => undefined);
    }
  }
}
