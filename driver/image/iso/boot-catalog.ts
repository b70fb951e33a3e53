import { open } from 'node:fs/promises';

/** Bytes of a sector on a CD. */
const SECTOR = 2048;

/**
 * Which firmware can start an ISO from a CD drive, by its El Torito boot catalog
 * (El Torito 1.0, figures 2–5; platform 0xEF is UEFI's, by the UEFI specification 13.3.2.1).
 * Both false: the ISO is not bootable as a CD.
 */
export async function readBootCatalog(iso: string): Promise<{ bios: boolean; uefi: boolean }> {
  const firmware = { bios: false, uefi: false };
  const file = await open(iso, 'r');
  try {
    const record = Buffer.alloc(SECTOR);
    await file.read(record, 0, SECTOR, 17 * SECTOR);
    const isBootRecord =
      record[0] === 0 && record.toString('latin1', 1, 30) === 'CD001\x01EL TORITO SPECIFICATION';
    if (!isBootRecord) return firmware;
    const catalog = Buffer.alloc(SECTOR);
    await file.read(catalog, 0, SECTOR, record.readUInt32LE(0x47) * SECTOR);
    if (catalog[0] !== 1 || catalog[30] !== 0x55 || catalog[31] !== 0xaa) return firmware;
    // The first section has no header: its platform stands in the validation entry.
    let platform = catalog[1];
    for (let offset = 32; offset < SECTOR; offset += 32) {
      const kind = catalog[offset];
      if (kind === 0x90 || kind === 0x91) platform = catalog[offset + 1];
      else if (kind === 0x88) firmware[platform === 0xef ? 'uefi' : 'bios'] = true;
    }
    return firmware;
  } finally {
    await file.close();
  }
}
