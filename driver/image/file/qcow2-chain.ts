import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { scenarioError } from '../../errors.js';
import type { ImageSpec } from '../image.js';
import { Qcow2Damage, readQcow2Header, type Qcow2Header } from '../qcow2-header.js';
import { fileKind } from './file-kind.js';
import { readableFile } from './readable-file.js';

/** Longer than any chain in use: a loop. */
const CHAIN_LIMIT = 64;

/**
 * The files that a qcow2 image consists of: itself, then its backing files down to the base. They
 * lie in the directory of the image or below it, unless the SPEC says `backing=anywhere`: whoever
 * made the image may have named any file of this host, and the guest would read it.
 *
 * @param spec the SPEC that named the image, for messages
 * @throws TapbootError `scenario` for an image whose data lie in a file that is not there, in one
 *   elsewhere, or behind a protocol; or whose format QEMU would have to guess
 */
export async function qcow2Chain(path: string, spec: ImageSpec): Promise<string[]> {
  const chain = [path];
  for (let current: string | undefined = path; current !== undefined;) {
    const header: Qcow2Header = await headerOf(current, path);
    const next: { path: string; format: 'raw' | 'qcow2' } | undefined = await below(
      current,
      header,
      path,
      spec,
    );
    if (next === undefined) break;
    if (chain.length >= CHAIN_LIMIT || chain.includes(next.path)) {
      throw unfit(path, `its backing files form a loop at ${next.path}`);
    }
    chain.push(next.path);
    if (next.format === 'raw') await demandRaw(next.path, path);
    current = next.format === 'qcow2' ? next.path : undefined;
  }
  return chain;
}

/** A tool that goes by the contents of a raw file would follow a header to whatever that names. */
async function demandRaw(path: string, image: string): Promise<void> {
  const { kind, name } = await fileKind(path);
  if (kind !== 'qcow2' && kind !== 'foreign-disk') return;
  throw unfit(image, `its backing file ${path} is to be raw, and is ${name}`);
}

async function headerOf(current: string, image: string): Promise<Qcow2Header> {
  try {
    const header = await readQcow2Header(current);
    if (header.externalData) throw new Qcow2Damage('its data lie in an external file');
    if (header.encrypted) throw new Qcow2Damage('it is encrypted');
    return header;
  } catch (error) {
    if (!(error instanceof Qcow2Damage)) throw error;
    throw unfit(image, current === image ? error.message : `${current}: ${error.message}`);
  }
}

/** The backing file that a header names, links resolved. */
async function below(
  current: string,
  { backing, backingFormat }: Qcow2Header,
  image: string,
  spec: ImageSpec,
): Promise<{ path: string; format: 'raw' | 'qcow2' } | undefined> {
  if (backing === undefined) return undefined;
  const named = backing.replace(/^file:/, '');
  if (/^[a-z][a-z0-9+.-]+:/.test(named)) throw unfit(image, `its backing file is ${named}`);
  const path = await readableFile(
    isAbsolute(named) ? named : join(dirname(current), named),
    '/',
    spec,
  );
  if (backingFormat !== 'raw' && backingFormat !== 'qcow2') {
    const got = `the format of its backing file is ${backingFormat ?? 'not named'}`;
    const hint = `Name it: qemu-img rebase -u -F FORMAT -b ${named} ${current}`;
    throw unfit(image, got, hint);
  }
  if (spec.options['backing'] !== 'anywhere' && !isBelow(dirname(image), path)) {
    throw unfit(
      image,
      `its backing file is ${path}`,
      'If the guest may read that file: backing=anywhere in the SPEC. Else make the image one file: qemu-img convert -O qcow2 IMAGE WHOLE.qcow2',
    );
  }
  return { path, format: backingFormat };
}

function isBelow(directory: string, path: string): boolean {
  const inside = relative(directory, path);
  return inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
}

function unfit(
  path: string,
  got: string,
  hint = 'Make it one file: qemu-img convert -O qcow2 IMAGE WHOLE.qcow2',
): Error {
  return scenarioError('TAPBOOT_E_IMAGE_KIND', `${path} cannot serve as boot image`, {
    expected: 'a whole qcow2 image whose backing files, if any, lie in its own directory',
    got,
    hint,
  });
}
