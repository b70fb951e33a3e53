// Where a Nix that tests start keeps everything: below one directory, with a store of its own, so
// that store paths exist as they are printed and no other Nix on the machine is touched.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The environment of a private Nix; paths as the Nix sees them. */
export type NixPlaces = Readonly<Record<'NIX_STORE_DIR' | 'NIX_CONF_DIR', string>> &
  Readonly<Record<string, string>>;

/**
 * Makes the directories of a private Nix and writes its settings; it has no build users, no
 * substituter and no registry.
 *
 * @param directory as every path in the store has it
 * @param settings further lines of nix.conf
 * @param behind where `directory` really lies, for a Nix in a mount namespace that puts it there
 */
export async function privateNix(
  directory: string,
  settings: readonly string[],
  behind = directory,
): Promise<NixPlaces> {
  for (const name of ['etc', 'home', 'bin', 'tmp']) {
    await mkdir(join(behind, name), { recursive: true });
  }
  const common = ['build-users-group =', 'substituters =', 'flake-registry ='];
  await writeFile(join(behind, 'etc/nix.conf'), `${[...common, ...settings].join('\n')}\n`);
  return {
    NIX_STORE_DIR: join(directory, 'store'),
    NIX_STATE_DIR: join(directory, 'var'),
    NIX_LOG_DIR: join(directory, 'log'),
    NIX_CONF_DIR: join(directory, 'etc'),
    XDG_CACHE_HOME: join(directory, 'cache'),
    XDG_CONFIG_HOME: join(directory, 'config'),
    XDG_STATE_HOME: join(directory, 'state'),
    HOME: join(directory, 'home'),
    TMPDIR: join(directory, 'tmp'),
  };
}

/** Lines of a shell script that export the places. */
export const exportPlaces = (places: NixPlaces): string[] =>
  Object.entries(places).map(([name, value]) => `export ${name}='${value}'`);
