import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { infraError } from '../errors.js';

const packageSchema = z.object({
  /** Name of the Debian package. */
  name: z.string(),
  /** `run`: needed to run scenarios; `test`: needed by tapboot's own tests only. */
  for: z.enum(['run', 'test']),
  /** What it is for, to be read after a colon. */
  reason: z.string(),
  /** Programs that prove that it is there. */
  commands: z.array(z.string()),
  /** Files that prove it: of each list, one must exist. */
  files: z.array(z.array(z.string()).min(1)),
});

/** A Debian package that tapboot needs on the host. */
export type HostPackage = z.infer<typeof packageSchema>;

const tableSchema = z.object({ comment: z.string(), packages: z.array(packageSchema) });

/**
 * The table of host packages: the one that set-up installs from.
 * @param projectRoot directory of tapboot's package.json
 * @throws TapbootError `infra` TAPBOOT_E_INSTALLATION when the table is missing or damaged
 */
export async function hostPackages(projectRoot: string): Promise<HostPackage[]> {
  const path = join(projectRoot, 'bin/host-packages.json');
  try {
    return tableSchema.parse(JSON.parse(await readFile(path, 'utf8'))).packages;
  } catch (error) {
    throw infraError('TAPBOOT_E_INSTALLATION', `${path} cannot be used`, {
      got: error instanceof Error ? error.message : String(error),
      hint: 'Install tapboot again: a part of it is missing or damaged.',
      cause: error,
    });
  }
}

/** The command that installs packages on a Debian-like host, as root. */
export const installCommand = (names: readonly string[]): string =>
  `apt-get update && apt-get install --no-install-recommends ${names.join(' ')}`;
