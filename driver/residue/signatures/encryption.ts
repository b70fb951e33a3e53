import { name, text, u64be, type Decoder } from './signature.js';

const luksPrimary = 'LUKS\xba\xbe';
const luksSecondary = 'SKUL\xba\xbe';

/**
 * LUKS headers. LUKS1 has one, at the start; LUKS2 a second one (16 KiB to 4 MiB on) with the
 * magic reversed, and each says how far into the device it lies.
 * Source: "LUKS On-Disk Format Specification" 1.2.3, section 4; "LUKS2 On-Disk Format
 * Specification" 1.1, section 2.
 */
export const luksHeader: Decoder = {
  magics: [text(luksPrimary), text(luksSecondary)],
  window: { before: 0, length: 512 },
  decode(block, offset) {
    const version = block.readUInt16BE(6);
    if (version !== 1 && version !== 2) return undefined;
    const secondary = block.toString('latin1', 0, 4) === 'SKUL';
    if (secondary && version === 1) return undefined;
    const within = version === 2 ? u64be(block, 256) : 0;
    const id = name(block, 168, 40);
    return {
      kind: 'crypto',
      type: 'crypto_LUKS',
      offset,
      length: 512,
      owner: offset - within,
      what: `LUKS${String(version)} ${secondary ? 'secondary' : 'primary'} header, uuid ${id}`,
      detail: {
        version: String(version),
        role: secondary ? 'secondary' : 'primary',
        uuid: id,
        ...(version === 1 ? luks1(block, offset) : luks2(block)),
      },
    };
  },
};

/** dm-verity hash device. Source: struct verity_sb in cryptsetup lib/verity/verity.c. */
export const verity: Decoder = {
  magics: [text('verity\0\0')],
  window: { before: 0, length: 512 },
  decode: (block, offset) =>
    block.readUInt32LE(8) === 1
      ? {
          kind: 'crypto',
          type: 'DM_verity_hash',
          offset,
          length: 512,
          owner: offset,
          what: 'dm-verity superblock',
          detail: { algorithm: name(block, 32, 32) },
        }
      : undefined,
};

/** dm-integrity device. Source: struct superblock in Linux drivers/md/dm-integrity.c. */
export const integrity: Decoder = {
  magics: [text('integrt\0')],
  window: { before: 0, length: 512 },
  decode(block, offset) {
    const version = block[8] ?? 0;
    if (version < 1 || version > 8) return undefined;
    return {
      kind: 'crypto',
      type: 'DM_integrity',
      offset,
      length: 512,
      owner: offset,
      what: 'dm-integrity superblock',
      detail: { version: String(version) },
    };
  },
};

/** Fields of version 1 alone. */
const luks1 = (block: Buffer, offset: number): Record<string, string> => ({
  cipher: `${name(block, 8, 32)}-${name(block, 40, 32)}`,
  payload_at: String(offset + block.readUInt32BE(104) * 512),
});

/** Fields of version 2 alone. */
const luks2 = (block: Buffer): Record<string, string> => ({
  label: name(block, 24, 48),
  sequence: String(block.readBigUInt64BE(16)),
});

export const signatures: readonly Decoder[] = [luksHeader, verity, integrity];
