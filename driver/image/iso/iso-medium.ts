import { join } from 'node:path';
import { open } from 'node:fs/promises';
import { asTapbootError, scenarioError } from '../../errors.js';
import type { BootImage, BootMedium, ProviderContext } from '../image.js';
import { readIsoMenus } from './boot-menus.js';
import { chooseEntry } from './choose-entry.js';
import type { DirectBoot } from './entry-cache.js';
import { directBootFromIso } from './direct-boot.js';
import { namesSerialConsole } from './serial-console.js';

/** How an ISO is to be booted, as the options of a SPEC say. */
export interface IsoBootOptions {
  boot?: 'direct' | 'bios' | 'uefi';
  /** Boot entry, for `direct`: number, label or title. */
  entry?: string;
  /** Further kernel arguments, for `direct`. */
  append?: string;
}

/**
 * The medium for an ISO. Without a word about the firmware it is BIOS, or UEFI when the ISO can
 * only do that.
 *
 * @param identity SHA-256 of the ISO
 * @throws TapbootError `scenario` when the ISO cannot be booted that way
 */
export async function isoMedium(
  iso: string,
  identity: string,
  options: IsoBootOptions,
  context: ProviderContext,
): Promise<Pick<BootImage, 'medium' | 'artifact' | 'direct'>> {
  if (options.boot === 'direct') {
    const { medium, entry } = await directMedium(iso, identity, options, context);
    const { title, config } = entry;
    return { medium, artifact: { boot: 'direct', boot_entry: title, boot_config: config } };
  }
  for (const name of ['entry', 'append'] as const) {
    if (options[name] === undefined) continue;
    throw scenarioError('TAPBOOT_E_IMAGE_OPTION', `the image option “${name}” needs boot=direct`, {
      expected: `boot=direct,${name}=…: otherwise the ISO's boot loader decides`,
      got: `${name}=${options[name] ?? ''}`,
    });
  }
  const able = await readBootCatalog(iso);
  const firmware = options.boot ?? (!able.bios && able.uefi ? 'uefi' : 'bios');
  if (!able[firmware]) {
    const other = able.uefi ? 'boot=uefi' : able.bios ? 'boot=bios' : 'boot=direct';
    throw scenarioError('TAPBOOT_E_ISO_FIRMWARE', `${iso} does not boot by ${firmware} from a CD`, {
      expected: `a ${firmware === 'uefi' ? 'UEFI' : 'BIOS'} entry in its El Torito boot catalog`,
      got: able.uefi ? 'only UEFI' : able.bios ? 'only BIOS' : 'no boot catalog',
      hint: `Use ${other}.`,
    });
  }
  await warnOfSilence(iso, context);
  const medium: BootMedium = { kind: 'cd', iso, firmware };
  const artifact = { boot: firmware };
  if (options.boot !== undefined) return { medium, artifact };
  return { medium, artifact, direct: () => maybeDirect(iso, identity, context) };
}

async function directMedium(
  iso: string,
  identity: string,
  options: Pick<IsoBootOptions, 'entry' | 'append'>,
  context: ProviderContext,
): Promise<{ medium: BootMedium; entry: DirectBoot }> {
  const entry = await directBootFromIso(iso, identity, options.entry, context);
  const append = `${entry.append} ${options.append ?? ''}`.trim();
  const { kernel, initrds } = entry;
  return { medium: { kind: 'direct', kernel, initrds, append, iso }, entry };
}

/** An ISO whose menus cannot be read is booted by its own loader only. */
async function maybeDirect(
  iso: string,
  identity: string,
  context: ProviderContext,
): Promise<BootMedium | undefined> {
  try {
    return (await directMedium(iso, identity, {}, context)).medium;
  } catch (error) {
    if (context.signal?.aborted === true) throw error;
    context.progress.log(`note: no direct boot of ${iso}: ${asTapbootError(error).message}`);
    return undefined;
  }
}

/** An ISO whose loader names no serial console boots, but nobody hears of it. */
async function warnOfSilence(iso: string, context: ProviderContext): Promise<void> {
  const { cacheDirectory, progress, signal } = context;
  try {
    const menus = await readIsoMenus(iso, join(cacheDirectory, 'iso-boot'), signal);
    const { config, entry } = chooseEntry(iso, menus);
    if (namesSerialConsole(entry.append)) return;
    progress.log(
      `note: the default boot entry “${entry.title}” (${config}) names no serial console: ` +
        'if nothing appears on it, use boot=direct or build the ISO with console=ttyS0,115200',
    );
  } catch (error) {
    if (signal?.aborted === true) throw error;
    progress.log(`note: the boot menu was not examined: ${asTapbootError(error).message}`);
  }
}

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
