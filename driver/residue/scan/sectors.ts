/** Every format that is looked for begins on a multiple of this many bytes. */
export const sectorSize = 512;

/** What a sector must hold for a decoder to be asked. */
export interface Magic {
  bytes: Buffer;
  /** Offset of `bytes` within a sector. */
  at: number;
}

interface Probe<T> {
  at: number;
  /** 1 for each value of the first two bytes that some magic begins with: rules out nearly all. */
  begins: Uint8Array;
  byFirstTwo: Map<number, { bytes: Buffer; target: T }[]>;
}

/** Tests sectors against many magics at once. */
export class SectorMatcher<T> {
  readonly #probes: Probe<T>[] = [];

  /** @param entries magics of two bytes or more that do not cross the end of a sector */
  constructor(entries: Iterable<{ magic: Magic; target: T }>) {
    for (const { magic, target } of entries) {
      const probe = this.#probeAt(magic.at);
      const key = magic.bytes.readUInt16LE(0);
      probe.begins[key] = 1;
      const list = probe.byFirstTwo.get(key) ?? [];
      list.push({ bytes: magic.bytes, target });
      probe.byFirstTwo.set(key, list);
    }
  }

  /** Calls `found` for every magic of the sector that begins at `start` in `chunk`. */
  match(chunk: Buffer, start: number, found: (target: T) => void): void {
    for (const { at, begins, byFirstTwo } of this.#probes) {
      const place = start + at;
      if (place + 2 > chunk.length) continue;
      const key = (chunk[place] ?? 0) | ((chunk[place + 1] ?? 0) << 8);
      if (begins[key] === 0) continue;
      for (const { bytes, target } of byFirstTwo.get(key) ?? []) {
        if (chunk.subarray(place, place + bytes.length).equals(bytes)) found(target);
      }
    }
  }

  #probeAt(at: number): Probe<T> {
    let probe = this.#probes.find((candidate) => candidate.at === at);
    if (probe === undefined) {
      probe = { at, begins: new Uint8Array(65536), byFirstTwo: new Map() };
      this.#probes.push(probe);
    }
    return probe;
  }
}
