import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { infraError, scenarioError } from '../../errors.js';
import { isMissing } from '../../host/atomic-file.js';
import type { ImageSpec } from '../image.js';
import { fileKind, type FileKind } from './file-kind.js';

/**
 * The absolute path of a file that a SPEC names, links resolved, readable for us.
 * @throws TapbootError `scenario` when it is not there or no file, `infra` when it may not be read
 */
export async function readableFile(
  path: string,
  workingDirectory: string,
  spec: ImageSpec,
): Promise<string> {
  const absolute = resolve(workingDirectory, path);
  try {
    const stats = await stat(absolute);
    if (!stats.isFile() && !stats.isBlockDevice()) {
      throw scenarioError('TAPBOOT_E_IMAGE_FILE', `${absolute} is not a file`, {
        expected: 'the path of an image file',
        got: `${stats.isDirectory() ? 'a directory' : 'neither file nor directory'}, from ${spec.text}`,
        hint: 'Name the image itself; for a result of nix build use nix:PATH.',
      });
    }
    await access(absolute, constants.R_OK);
    return await realpath(absolute);
  } catch (error) {
    if (isMissing(error)) {
      throw scenarioError('TAPBOOT_E_IMAGE_FILE', `the image file ${absolute} does not exist`, {
        expected: 'the path of an image file',
        got: `nothing there, from ${spec.text}`,
        hint: `Relative paths count from ${workingDirectory}.`,
        cause: error,
      });
    }
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    throw infraError('TAPBOOT_E_IMAGE_UNREADABLE', `the image file ${absolute} may not be read`, {
      expected: 'read permission on the file, search permission on its directories',
      got: code,
      hint: `Check with: ls -l ${absolute}`,
      cause: error,
    });
  }
}

/** What to do with a file that is not what the place needs. */
const ADVICE: Partial<Record<FileKind, string>> = {
  compressed: 'Unpack it first.',
  qcow2: 'If it is to be one: format=qcow2 in the SPEC, or the extension .qcow2.',
  iso: 'If it is to be one: format=iso in the SPEC, or the extension .iso.',
  'partitioned-disk':
    'If it is to be a raw disk: format=raw in the SPEC, or the extension .raw or .img.',
  'foreign-disk': 'Convert it: qemu-img convert -O qcow2 IMAGE IMAGE.qcow2',
  'linux-kernel': 'A kernel is named by file:kernel=K,initrd=I,append=….',
  initrd: 'An initrd needs its kernel: file:kernel=K,initrd=I,append=….',
  'file-system': 'A root file system needs a kernel: file:kernel=K,initrd=I,root=R,append=….',
};

/**
 * Checks that the contents of a file are what it is to be used as.
 * @param role what the file is for, e.g. `boot image`
 * @throws TapbootError `scenario` when it is none of them
 */
export async function demandKind(
  path: string,
  role: string,
  wanted: readonly FileKind[],
  expected: string,
): Promise<void> {
  const { kind } = await fileKind(path);
  if (!wanted.includes(kind)) throw await wrongKind(path, role, expected);
}

/** The error for a file that cannot be used as what it is to be; says what it seems to be. */
export async function wrongKind(path: string, role: string, expected: string): Promise<Error> {
  const { kind, name } = await fileKind(path);
  return scenarioError('TAPBOOT_E_IMAGE_KIND', `${path} cannot serve as ${role}`, {
    expected,
    got: name,
    hint: ADVICE[kind],
  });
}
