import { scenarioError } from '../../errors.js';
import type { BootEntry } from './boot-entry.js';
import type { FoundMenu, IsoMenus } from './boot-menus.js';

/** An entry that starts Linux, and the configuration it stands in. */
export interface ChosenEntry {
  config: string;
  entry: BootEntry & { kernel: string };
}

/**
 * The entry to boot: the default one, or the one that `wanted` names by number (from 0, in the
 * first configuration that has Linux entries), label, id, or title, of which a part is enough
 * when only one entry has it.
 *
 * @throws TapbootError `scenario` when the ISO has no such entry, with those that it has
 */
export function chooseEntry(iso: string, menus: IsoMenus, wanted?: string): ChosenEntry {
  const usable = menus.menus.filter(({ menu }) => menu.entries.some(bootsLinux));
  if (usable.length === 0) throw noLinux(iso, menus);
  if (wanted === undefined) {
    for (const { config, menu } of usable) {
      const entry = menu.defaultEntry;
      if (entry !== undefined && bootsLinux(entry)) return { config, entry };
    }
    throw unclear(iso, 'the default entry of the boot menu starts no Linux', 'entry=N', usable);
  }
  if (/^\d+$/.test(wanted)) {
    const [first] = usable;
    const entry = first?.menu.entries[Number(wanted)];
    if (first !== undefined && entry !== undefined && bootsLinux(entry)) {
      return { config: first.config, entry };
    }
  }
  for (const { config, menu } of usable) {
    const linux = menu.entries.filter(bootsLinux);
    const exact = linux.filter((entry) => entry.id === wanted || entry.title === wanted);
    const part = linux.filter((entry) => entry.title.toLowerCase().includes(wanted.toLowerCase()));
    const entry = exact[0] ?? (part.length === 1 ? part[0] : undefined);
    if (entry !== undefined) return { config, entry };
    if (part.length > 1) {
      throw unclear(iso, `“${wanted}” fits several boot entries`, wanted, [
        { config, loader: 'grub', menu: { entries: part, defaultEntry: undefined } },
      ]);
    }
  }
  throw unclear(iso, 'the ISO has no such boot entry', wanted, usable);
}

function bootsLinux(entry: BootEntry): entry is BootEntry & { kernel: string } {
  return entry.kernel !== undefined;
}

function unclear(iso: string, message: string, wanted: string, menus: FoundMenu[]): Error {
  const lines = menus.flatMap(({ config, menu }) => [
    `${config}:`,
    ...menu.entries.map((entry, index) => {
      const id = entry.id === undefined ? '' : ` (${entry.id})`;
      return `  ${String(index)}  ${entry.title}${id}${bootsLinux(entry) ? '' : ', no Linux'}`;
    }),
  ]);
  return scenarioError('TAPBOOT_E_ISO_ENTRY', `${message}: ${iso}`, {
    expected: 'the number, label or title of one entry that starts Linux',
    got: wanted,
    output: lines.join('\n'),
    hint: 'Choose one with entry=N or entry="title", or start its boot loader with boot=bios.',
  });
}

function noLinux(iso: string, { menus, lookedFor }: IsoMenus): Error {
  const read = menus.map(({ config, menu }) => {
    return `${config}: ${String(menu.entries.length)} entries, none starts Linux`;
  });
  return scenarioError('TAPBOOT_E_ISO_NO_ENTRY', `nothing to boot directly was found in ${iso}`, {
    expected: `an isolinux or GRUB configuration with a Linux entry, at one of: ${lookedFor.join(', ')}`,
    got: read.length === 0 ? 'none of these files' : read.join('; '),
    hint: 'Start its boot loader (boot=bios or boot=uefi), or use file:kernel=…,initrd=…,append=….',
  });
}
