import type { Region, Signature } from './signatures/signature.js';

/** Formats that end their boot sector like an MBR, which libblkid then reports as well. */
const bootSectorTypes = new Set(['ntfs', 'exfat', 'vfat', 'BitLocker']);

const copyPlace = /backup|copy|allocation group/;

/**
 * Says of a signature which disk, partition or array it belongs to, in `detail.in` and
 * `detail.place`. One that lies where nothing here would look for it is called stray: left
 * over from another layout, or part of some file.
 */
export function placeSignature(signature: Signature, regions: readonly Region[]): Signature {
  const { owner, placeIn } = signature;
  if (owner === undefined && placeIn === undefined) return signature;
  const ownPlace =
    signature.detail['role'] ?? (signature.kind.endsWith('backup') ? 'backup' : 'primary');
  const placeOf = placeIn ?? ((region: Region) => (region.start === owner ? ownPlace : undefined));
  for (const region of regions) {
    const place = placeOf(region);
    if (place === undefined) continue;
    const copy = signature.kind === 'filesystem' && copyPlace.test(place);
    return {
      ...signature,
      placedAt: region.start,
      kind: copy ? 'filesystem-backup' : signature.kind,
      what: `${signature.what} (${region.name}: ${place})`,
      detail: { ...signature.detail, in: region.name, place },
    };
  }
  return {
    ...signature,
    what: `${signature.what} (stray)`,
    detail: { ...signature.detail, in: '', place: 'stray' },
  };
}

/**
 * Adds what libblkid saw to our own findings: a magic inside a structure of the same type
 * confirms it; anything else is a finding of its own.
 */
export function mergeSeen(own: readonly Signature[], seen: readonly Signature[]): Signature[] {
  const merged: Signature[] = [];
  // By type: a disk full of marks must not cost their number times that of the regions.
  const byType = new Map<string, Signature[]>();
  const add = (signature: Signature): void => {
    merged.push(signature);
    const same = byType.get(signature.type);
    if (same === undefined) byType.set(signature.type, [signature]);
    else same.push(signature);
  };
  for (const signature of own) add({ ...signature });
  for (const other of seen) {
    const types = [other.type, ...(other.type === 'dos' ? bootSectorTypes : [])];
    const known = types
      .flatMap((type) => byType.get(type) ?? [])
      .filter((signature) => covers(signature, other));
    for (const signature of known) {
      signature.detail = { ...signature.detail, seen_by: other.detail['seen_by'] ?? '' };
    }
    if (known.length === 0) add(other);
  }
  return merged;
}

function covers(signature: Signature, seen: Signature): boolean {
  const within = seen.offset - signature.offset;
  if (within >= 0 && within < signature.length) return true;
  // blkid tells the region only, not the magic's place.
  return seen.detail['seen_by'] === 'blkid' && signature.placedAt === seen.offset;
}
