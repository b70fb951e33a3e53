function table(polynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, index) => {
    let value = index;
    for (let bit = 0; bit < 8; bit += 1) {
      value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    }
    return value >>> 0;
  });
}

const ieee = table(0xedb88320);
const castagnoli = table(0x82f63b78);

function reflected(lookup: Uint32Array, bytes: Uint8Array, initial: number): number {
  let crc = initial;
  for (const byte of bytes) crc = (lookup[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return crc >>> 0;
}

/** CRC-32 (IEEE 802.3, reflected) without the final inversion, from `initial` on. */
export const crc32Raw = (bytes: Uint8Array, initial: number): number =>
  reflected(ieee, bytes, initial);

/** CRC-32 as GPT, gzip and zlib write it. */
export const crc32 = (bytes: Uint8Array): number => ~reflected(ieee, bytes, 0xffffffff) >>> 0;

/** CRC-32C (Castagnoli, reflected) without the final inversion, from `initial` on. */
export const crc32cRaw = (bytes: Uint8Array, initial: number): number =>
  reflected(castagnoli, bytes, initial);
