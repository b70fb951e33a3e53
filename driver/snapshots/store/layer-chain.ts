import { join } from 'node:path';
import { Qcow2Damage, readQcow2Header, type Qcow2Header } from '../../image/qcow2-header.js';

/**
 * What is wrong with a disk of a snapshot: QEMU opens whatever file of the host a header names,
 * so each layer may name the one below it and nothing else. Headers alone are read.
 * @param layers names in `directory`, the one on top last; regular files
 * @param base what the bottom layer rests on: the image's own disk; undefined: nothing;
 *   `renamed`: on some file whose name is about to be replaced
 * @returns a sentence, undefined when nothing is wrong
 */
export async function layerProblem(
  directory: string,
  layers: readonly string[],
  base: { disk: string } | 'renamed' | undefined,
): Promise<string | undefined> {
  for (const [index, name] of layers.entries()) {
    let header: Qcow2Header;
    try {
      header = await readQcow2Header(join(directory, name));
    } catch (error) {
      if (!(error instanceof Qcow2Damage)) throw error;
      return `its layer ${name}: ${error.message}`;
    }
    const { backing, backingFormat, externalData, encrypted } = header;
    if (externalData) return `its layer ${name} keeps its data in an external file`;
    if (encrypted) return `its layer ${name} is encrypted`;
    if (index === 0 && base === 'renamed') {
      if (backing === undefined) return `its layer ${name} does not rest on the image`;
      continue;
    }
    const below = index > 0 ? layers[index - 1] : (base as { disk: string } | undefined)?.disk;
    if (backing !== below) {
      return `its layer ${name} rests on ${backing ?? 'nothing'} instead of ${below ?? 'nothing'}`;
    }
    if (index > 0 && backingFormat !== 'qcow2') {
      return `its layer ${name} calls the format of the one below ${backingFormat ?? 'nothing'}`;
    }
  }
  return undefined;
}
