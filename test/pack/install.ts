import { cp, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

export const project = join(import.meta.dirname, '../..');

/** npm without the settings and variables of the npm that runs the tests. */
const npm = (args: string[], cwd: string) =>
  execa('npm', [...args, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd,
    env: Object.fromEntries(
      Object.keys(process.env)
        .filter((name) => /^npm_(?:config|package|lifecycle)_/.test(name))
        .map((name) => [name, undefined]),
    ),
  });

/** A tarball, and what npm says of it. */
export interface Packed {
  file: string;
  bytes: number;
  unpackedBytes: number;
  paths: string[];
}

/** What a tarball is made from. */
const SOURCES = [
  ...['bin', 'docs', 'driver', 'image', 'scenarios', 'tsconfig.json', 'tsconfig.build.json'],
  ...['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md'],
];

/**
 * Packs the project as it would be published: a copy, with a build of its own and nothing of
 * earlier ones in it, as `prepack` makes it.
 */
export async function pack(directory: string): Promise<Packed> {
  const tree = join(directory, 'tree');
  await mkdir(tree, { recursive: true });
  for (const name of SOURCES) {
    await cp(join(project, name), join(tree, name), { recursive: true });
  }
  await symlink(join(project, 'node_modules'), join(tree, 'node_modules'));
  await execa('node', ['bin/setup/bundle.mjs'], { cwd: tree });
  await execa('node', ['bin/setup/declarations.mjs', '--noCheck'], { cwd: tree });
  const { stdout } = await npm(['pack', '--json', '--pack-destination', directory], tree);
  const [packed] = JSON.parse(stdout) as {
    filename: string;
    size: number;
    unpackedSize: number;
    files: { path: string }[];
  }[];
  if (packed === undefined) throw new Error('npm pack packed nothing');
  return {
    file: join(directory, packed.filename),
    bytes: packed.size,
    unpackedBytes: packed.unpackedSize,
    paths: packed.files.map(({ path }) => path),
  };
}

/** A project that depends on the tarball and on nothing else; returns its directory. */
export async function install(tarball: string, directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  await writeFile(
    join(directory, 'package.json'),
    JSON.stringify({ name: 'consumer', private: true, type: 'module' }),
  );
  await npm(['install', tarball, '--prefer-offline'], directory);
  return directory;
}

/** Names of the packages that an installation has at its top level. */
export async function installedPackages(directory: string): Promise<string[]> {
  const names = await readdir(join(directory, 'node_modules'));
  return names.filter((name) => !name.startsWith('.'));
}
