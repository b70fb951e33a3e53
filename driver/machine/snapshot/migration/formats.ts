import type { QmpClient } from '../../qemu/qmp.js';

/**
 * How the RAM and the devices of a saved machine lie on the disk:
 * - `stream`: one migration stream, read from its beginning to its end; any QEMU
 * - `mapped-ram`: a migration file with every page at a place of its own (QEMU 9.0 and later)
 * - `shared-ram`: the devices as a stream, RAM as a file of its own that every restored
 *   machine maps copy-on-write (`x-ignore-shared`): nothing is read before it is needed, and
 *   what is only read is in the host's memory once, however many machines run
 */
export const RAM_FORMATS = ['stream', 'mapped-ram', 'shared-ram'] as const;

export type RamFormat = (typeof RAM_FORMATS)[number];

/**
 * The RAM formats in which a running machine can be saved. A shared file is not among them:
 * its machine would go on writing to it.
 */
export type DirectFormat = Exclude<RamFormat, 'shared-ram'>;

/** RAM and devices of a saved machine. */
export interface SavedRam {
  form: RamFormat;
  /** The migration stream or file. */
  file: string;
  /** RAM by itself, as long as the machine's memory and sparse; of `shared-ram` only. */
  pages?: string;
  /** Bytes that they take on the disk. */
  bytes: number;
}

/** The migration capability of QEMU that a format needs. */
const NEEDS: Record<RamFormat, string | undefined> = {
  stream: undefined,
  'mapped-ram': 'mapped-ram',
  'shared-ram': 'x-ignore-shared',
};

/** QEMU's name of the migration capability for a format. */
export const capabilityOf = (form: RamFormat): string | undefined => NEEDS[form];

/** The formats that a running QEMU supports (QMP `query-migrate-capabilities`). */
export async function offeredFormats(qmp: QmpClient): Promise<RamFormat[]> {
  const answer = (await qmp.execute('query-migrate-capabilities')) as { capability: string }[];
  const known = new Set(answer.map(({ capability }) => capability));
  return RAM_FORMATS.filter((form) => {
    const needed = NEEDS[form];
    return needed === undefined || known.has(needed);
  });
}
