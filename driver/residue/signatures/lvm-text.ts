import type { Signature } from './signature.js';

const textHead =
  /^([A-Za-z0-9+_.-]+) \{\nid = "([A-Za-z0-9]{6}(?:-[A-Za-z0-9]{4}){5}-[A-Za-z0-9]{6})"\nseqno = (\d+)\n/;

/**
 * One copy of a volume group's description: text that begins on a sector of the metadata
 * area's ring buffer. Removing the group leaves the copies; only the header forgets them.
 * The text begins with the group's name, so there is no magic at a fixed place: this is what
 * follows the name. Source: LVM2 lib/format_text/export.c.
 */
export const lvmTextAnchor = Buffer.from(' {\nid = "');

/** Bytes around the anchor that `decodeLvmText` reads: a name is at most 127 long. */
export const lvmTextWindow = { before: 128, length: 512 };

/**
 * @param window `lvmTextWindow.before` bytes before the anchor, `length` from it on
 * @param anchor offset of the anchor on the disk
 * @returns undefined when it is not LVM's text
 */
export function decodeLvmText(window: Buffer, anchor: number): Signature | undefined {
  const all = window.toString('latin1');
  const head = /[A-Za-z0-9+_.-]*$/.exec(all.slice(0, lvmTextWindow.before))?.[0] ?? '';
  const match = textHead.exec(head + all.slice(lvmTextWindow.before));
  if (match === null) return undefined;
  const [, group = '', id = '', seqno = ''] = match;
  return {
    kind: 'lvm-metadata',
    type: 'lvm_metadata',
    offset: anchor - head.length,
    length: match[0].length,
    what: `LVM metadata text of VG ${group}, seqno ${seqno}`,
    detail: { vg: group, uuid: id, seqno },
  };
}

/** Tells the copies that a metadata area names as current from the old ones. */
export function markCurrentText(signatures: readonly Signature[]): Signature[] {
  const current = new Set(
    signatures.flatMap(({ type, detail }) =>
      type === 'lvm_metadata_area' ? [detail['current_at']] : [],
    ),
  );
  return signatures.map((signature) => {
    if (signature.type !== 'lvm_metadata') return signature;
    const state = current.has(String(signature.offset)) ? 'current' : 'old copy';
    return {
      ...signature,
      what: `${signature.what}, ${state}`,
      detail: { ...signature.detail, state },
    };
  });
}
