/** What a boot loader or firmware says of itself, as long as it is at work. */
interface BootLoader {
  name: string;
  /** Each match is a place that the loader wrote. */
  says: RegExp;
}

/*
 * Sources: SYSLINUX' core/ui.inc, com32/menu/menumain.c; GRUB's normal/main.c, normal/menu_text.c
 * and kern/rescue_reader.c; iPXE's usr/autoboot.c, hci/shell.c and core/main.c; EDK2's BdsDxe,
 * ShellPkg and NetworkPkg; SeaBIOS' boot.c; systemd's src/boot/efi/boot.c. All but the last
 * compared with recordings (test/fixtures/console).
 */
const LOADERS: readonly BootLoader[] = [
  {
    name: 'SYSLINUX',
    says: /^(?:ISO|SYS|EXT|PXE)LINUX \d|^boot: |Automatic boot in \d+ second|Press \[Tab\] to edit options/gm,
  },
  {
    name: 'GRUB',
    says: /^Welcome to GRUB!|GNU GRUB +version|Press enter to boot the selected OS|The highlighted entry will be executed automatically|^grub(?: rescue)?> /gm,
  },
  {
    name: 'iPXE',
    says: /^[ig]PXE (?:\(|initialising|\d)|-- Open Source Network Boot Firmware|Press Ctrl-B (?:for|to configure)|[ig]PXE> /gm,
  },
  {
    name: 'UEFI',
    says: /^BdsDxe: |^UEFI Interactive Shell|^>>(?:Start|Checking) |Press ESC in \d+ seconds|^(?:Shell|[A-Z]+\d+:[^\n]*)> *$/gm,
  },
  { name: 'SeaBIOS', says: /^SeaBIOS \(version|Press \w+ for boot menu|^Booting from /gm },
  { name: 'systemd-boot', says: /Boot in \d+ s(?:ec(?:onds?)?)?\./g },
];

/** The boot loader that has spoken last. */
export interface LoaderTrace {
  name: string;
  /** Offset in the text behind the line of its last words. */
  end: number;
}

/**
 * Finds the boot loader, or the firmware, that has spoken last.
 * @param text of a console, without escape sequences
 */
export function lastBootLoader(text: string): LoaderTrace | undefined {
  let last: { name: string; index: number } | undefined;
  for (const { name, says } of LOADERS) {
    const index = [...text.matchAll(says)].at(-1)?.index;
    if (index !== undefined && index >= (last?.index ?? 0)) last = { name, index };
  }
  if (last === undefined) return undefined;
  const end = text.indexOf('\n', last.index);
  return { name: last.name, end: end < 0 ? text.length : end + 1 };
}
