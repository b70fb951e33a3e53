// Where things lie in this tree. Everything that set-up writes is named here.
import { join, dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export const tree = {
  root,
  manifest: join(root, 'package.json'),
  lockFile: join(root, 'package-lock.json'),
  nodeModules: join(root, 'node_modules'),
  sources: join(root, 'driver'),
  dist: join(root, 'dist'),
  buildConfig: join(root, 'tsconfig.build.json'),
  /** What the command imports, as a URL. */
  entry: pathToFileURL(join(root, 'dist', 'driver', 'cli', 'main.js')).href,
  /** Locks, logs and stamps of set-up; git-ignored. */
  state: join(root, '.setup'),
};

/** A program of node_modules/.bin. */
export const localBin = (name) => join(tree.nodeModules, '.bin', name);
