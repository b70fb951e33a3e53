import { infraError } from '../../errors.js';
import { hostCommand } from '../../host/command.js';

/** One node of an ISO's file tree. */
export interface IsoNode {
  /** Absolute path as stored, e.g. `/isolinux/isolinux.cfg`. */
  path: string;
  kind: 'file' | 'directory' | 'link';
  /** Bytes; 0 for directories and links. */
  size: number;
  /** Where a symbolic link points, as stored. */
  target?: string;
}

/** A line of xorriso's `lsdl`: mode, links, owner, group, size, three of date, 'path'. */
const LISTING = /^([-dl])\S+ +\d+ +\S+ +\S+ +(\d+) +\S+ +\S+ +\S+ +('.*')$/;

/**
 * Lists all that an ISO holds, by Rock Ridge, Joliet or plain ISO 9660 names.
 * @throws TapbootError `infra` when xorriso is missing or cannot read the ISO
 */
export async function listIso(iso: string, signal?: AbortSignal): Promise<IsoNode[]> {
  const output = await xorriso(iso, ['-find', '/', '-exec', 'lsdl', '--'], signal);
  const nodes = output.split('\n').flatMap((line) => {
    const match = LISTING.exec(line);
    if (match === null) return [];
    const [path, target] = (match[3] ?? '').split(/(?<=') -> (?=')/).map(unquoteShell);
    const kind = match[1] === 'd' ? 'directory' : match[1] === 'l' ? 'link' : 'file';
    const node: IsoNode = { path: path ?? '', kind, size: Number(match[2]) };
    return [target === undefined ? node : { ...node, target }];
  });
  // xorriso takes any file for a blank medium, whose tree is the root alone.
  if (nodes.length > 1) return nodes;
  throw infraError('TAPBOOT_E_ISO_READ', `the ISO ${iso} holds no files`, {
    expected: 'an ISO 9660 image with a file tree',
    got: 'an empty tree, or not an ISO',
    hint: 'Check the download: its size and its SHA-256.',
  });
}

/**
 * Copies files out of an ISO, which is only read.
 * @param files path within the ISO → path on the host, whose directory exists
 * @throws TapbootError `infra` when xorriso is missing, the ISO is damaged or the disk is full
 */
export async function extractFromIso(
  iso: string,
  files: ReadonlyMap<string, string>,
  signal?: AbortSignal,
): Promise<void> {
  if (files.size === 0) return;
  await xorriso(
    iso,
    [...files].flatMap(([from, to]) => ['-extract', from, to]),
    signal,
  );
}

/** `-no_rc`: a user's start-up file must not change what we read. */
async function xorriso(iso: string, commands: string[], signal?: AbortSignal): Promise<string> {
  const args = ['-no_rc', '-osirrox', 'on', '-indev', `stdio:${iso}`, ...commands];
  const result = await hostCommand('xorriso', args, { env: { LC_ALL: 'C' }, signal });
  if (result.exitCode === 0) return result.stdout;
  if (result.missing) {
    throw infraError('TAPBOOT_E_XORRISO_MISSING', 'xorriso is needed to read an ISO', {
      expected: 'the program xorriso on PATH',
      hint: 'apt-get install xorriso, or nix shell nixpkgs#xorriso',
    });
  }
  throw infraError('TAPBOOT_E_ISO_READ', `the ISO ${iso} cannot be read`, {
    expected: 'an ISO 9660 image that xorriso can list and extract from',
    got: result.stopped ? 'the reading was cancelled' : `xorriso ${result.ending}`,
    output: result.stderr
      .split('\n')
      .filter((line) => /FAILURE|SORRY|FATAL|abort/.test(line))
      .join('\n'),
    hint: 'Check the download (its SHA-256) and the free space of the cache directory.',
  });
}

/** xorriso quotes names for a shell: 'it'"'"'s'. */
function unquoteShell(text: string): string {
  return text.replace(/'([^']*)'|"([^"]*)"/g, (_all, single?: string, double?: string) => {
    return single ?? double ?? '';
  });
}
