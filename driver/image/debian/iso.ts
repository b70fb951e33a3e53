import {
  access,
  cp,
  lutimes,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { KERNEL_ARGUMENTS, sha256, SOURCE_DATE_EPOCH, type Recipe } from './recipe.js';
import { obtainEntry, type StoreEntry } from './store.js';
import { missingTool, runTool, type ToolContext } from './tools.js';

/** Files of Debian's boot loader packages, and the package of each. */
const LOADER_FILES = {
  isolinux: { path: '/usr/lib/ISOLINUX/isolinux.bin', package: 'isolinux' },
  hybridMbr: { path: '/usr/lib/ISOLINUX/isohdpfx.bin', package: 'isolinux' },
  ldlinux: {
    path: '/usr/lib/syslinux/modules/bios/ldlinux.c32',
    package: 'syslinux-common',
  },
  grub: { path: '/usr/lib/grub/x86_64-efi/linux.mod', package: 'grub-efi-amd64-bin' },
} as const;

/** Everything in the ISO that has a date of its own gets this one. */
const DATED = { SOURCE_DATE_EPOCH: String(SOURCE_DATE_EPOCH), TZ: 'UTC' };

/**
 * The ISO of a root file system and an initrd: bootable by BIOS (isolinux) and UEFI
 * (GRUB), from a CD-ROM or written to a disk. Same inputs, same bytes.
 */
export async function obtainIso(
  context: ToolContext,
  directory: string,
  recipe: Recipe,
  root: StoreEntry,
  initrd: StoreEntry,
): Promise<StoreEntry> {
  const contents = [
    ...[root.digests['root.erofs'], root.digests['vmlinuz'], initrd.digests['initrd']],
  ].map((digest) => digest ?? '');
  return obtainEntry({
    ...context,
    directory: join(directory, 'iso'),
    key: sha256('iso', recipe.isoDigest, ...contents),
    build: async (target) => {
      context.progress.stage('writing the ISO');
      const files = {
        'live/root.erofs': join(root.directory, 'root.erofs'),
        'boot/vmlinuz': join(root.directory, 'vmlinuz'),
        'boot/initrd': join(initrd.directory, 'initrd'),
      };
      await writeIso(
        context,
        { label: 'TAPBOOT', loaders: join(recipe.directory, 'iso'), files },
        join(target, 'image.iso'),
      );
      return {};
    },
  });
}

/** What goes on an ISO beside the boot loaders' programs. */
export interface IsoContents {
  /** Its volume label. */
  label: string;
  /** Directory with `isolinux.cfg`, `grub.cfg`, `grub-early.cfg` and `grub-modules.list`. */
  loaders: string;
  /** Path on the ISO → file of the host. */
  files: Record<string, string>;
}

/** Writes an ISO that boots by BIOS and UEFI. Same inputs, same bytes. */
export async function writeIso(
  context: ToolContext,
  contents: IsoContents,
  iso: string,
): Promise<void> {
  for (const file of Object.values(LOADER_FILES)) {
    await access(file.path).catch(() => {
      throw missingTool(file.path, file.package);
    });
  }
  const work = await mkdtemp(join(tmpdir(), 'tapboot-iso-'));
  try {
    const tree = join(work, 'tree');
    await layOut(tree, contents);
    await makeEfiImage(context, contents.loaders, work, join(tree, 'boot/efi.img'));
    await dateTree(tree);
    await runXorriso(context, tree, contents.label, iso);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function layOut(tree: string, { loaders, files }: IsoContents): Promise<void> {
  await mkdir(join(tree, 'boot/grub'), { recursive: true });
  await mkdir(join(tree, 'isolinux'));
  for (const [path, file] of Object.entries(files)) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await cp(file, join(tree, path));
  }
  await cp(LOADER_FILES.isolinux.path, join(tree, 'isolinux/isolinux.bin'));
  await cp(LOADER_FILES.ldlinux.path, join(tree, 'isolinux/ldlinux.c32'));
  await fillIn(join(loaders, 'isolinux.cfg'), join(tree, 'isolinux/isolinux.cfg'));
  await fillIn(join(loaders, 'grub.cfg'), join(tree, 'boot/grub/grub.cfg'));
}

async function fillIn(template: string, target: string): Promise<void> {
  const text = await readFile(template, 'utf8');
  await writeFile(target, text.replace('@KERNEL_ARGUMENTS@', KERNEL_ARGUMENTS));
}

/** A FAT image with GRUB where UEFI looks for a loader on removable media. */
async function makeEfiImage(
  context: ToolContext,
  loaders: string,
  work: string,
  image: string,
): Promise<void> {
  const modules = (await readFile(join(loaders, 'grub-modules.list'), 'utf8'))
    .replace(/#.*/g, '')
    .split(/\s+/)
    .filter(Boolean);
  const loader = join(work, 'bootx64.efi');
  await runTool(context, 'grub-mkimage', [
    ...['--format=x86_64-efi', `--output=${loader}`, '--prefix=/boot/grub'],
    ...[`--config=${join(loaders, 'grub-early.cfg')}`, ...modules],
  ]);
  const env = { ...DATED, MTOOLS_SKIP_CHECK: '1' };
  const kibibytes = 1440;
  await writeFile(image, Buffer.alloc(kibibytes * 1024));
  // The serial number would else be the time of day.
  await runTool(
    context,
    'mformat',
    ['-i', image, '-f', String(kibibytes), '-N', '7a9b0071', '::'],
    {
      env,
    },
  );
  await runTool(context, 'mmd', ['-i', image, '::/EFI', '::/EFI/BOOT'], { env });
  await runTool(context, 'mcopy', ['-i', image, loader, '::/EFI/BOOT/BOOTX64.EFI'], { env });
}

async function dateTree(tree: string): Promise<void> {
  for (const name of [...(await readdir(tree, { recursive: true })), '.']) {
    await lutimes(join(tree, name), SOURCE_DATE_EPOCH, SOURCE_DATE_EPOCH);
  }
}

async function runXorriso(
  context: ToolContext,
  tree: string,
  label: string,
  iso: string,
): Promise<void> {
  await runTool(
    context,
    'xorriso',
    [
      ...['-as', 'mkisofs', '-quiet', '-r', '-J', '-V', label, '-o', iso],
      ...['--set_all_file_dates', 'set_to_mtime'],
      ...['-isohybrid-mbr', LOADER_FILES.hybridMbr.path],
      ...['-c', 'isolinux/boot.cat', '-b', 'isolinux/isolinux.bin'],
      ...['-no-emul-boot', '-boot-load-size', '4', '-boot-info-table'],
      ...['-eltorito-alt-boot', '-e', 'boot/efi.img', '-no-emul-boot', '-isohybrid-gpt-basdat'],
      tree,
    ],
    { env: DATED },
  );
}
