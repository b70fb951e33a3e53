/** One thing that a boot loader's menu can start, as its configuration says it. */
export interface BootEntry {
  /** What the menu shows; entries of submenus are `Menu > Entry`. */
  title: string;
  /** Label (isolinux) or `--id` (GRUB), where the entry has one. */
  id?: string;
  /** Kernel, an absolute path within the ISO; absent when the entry starts no Linux. */
  kernel?: string;
  /** Initrds in the order they are loaded, absolute paths within the ISO. */
  initrds: string[];
  /** Kernel command line, without `initrd=`. */
  append: string;
}

/** A menu read from one configuration file and all that it includes. */
export interface BootMenu {
  /** All entries, submenus included, in the order of the menu; choices count from 0 here. */
  entries: BootEntry[];
  /** The one that starts when nobody touches a key. */
  defaultEntry: BootEntry | undefined;
}

/** What a configuration's reader may see of the ISO. */
export interface ConfigFiles {
  /** Text of a file; undefined when the ISO has no such file. Letter case does not count. */
  read(path: string): string | undefined;
  /** Whether there is a file or directory of that path. */
  exists(path: string): boolean;
}
