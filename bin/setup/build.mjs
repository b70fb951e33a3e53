// dist/ from driver/, by esbuild, when the sources are not those that it was built from.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { tree } from './tree.mjs';
import { stage } from './progress.mjs';
import { SetupError } from './setup-error.mjs';

const stampFile = join(tree.dist, '.tapboot-build');

function filesUnder(directory) {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? filesUnder(path) : [path];
  });
}

/** Everything that decides what is built. */
function inputs() {
  return [
    ...filesUnder(tree.sources).filter((file) => /\.(ts|css|json)$/.test(file)),
    tree.buildConfig,
    join(tree.root, 'tsconfig.json'),
    tree.lockFile,
  ].sort();
}

const hash = (parts) => createHash('sha256').update(parts.join('\0')).digest('hex');

/** Cheap: names, sizes and times. Changes when a file might have changed. */
const lookOf = (files) =>
  hash(
    files.map((file) => {
      const { size, mtimeMs, ino } = statSync(file);
      return `${relative(tree.root, file)}\0${String(size)}\0${String(mtimeMs)}\0${String(ino)}`;
    }),
  );

/** Thorough: contents. Changes only when a file did change. */
const contentOf = (files) =>
  hash(files.flatMap((file) => [relative(tree.root, file), readFileSync(file, 'utf8')]));

function readStamp() {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'));
  } catch {
    return {};
  }
}

/** True when dist/ holds what the sources at hand give. Some milliseconds. */
export function buildCurrent() {
  const stamp = readStamp();
  if (stamp.content === undefined) return false;
  const files = inputs();
  const look = lookOf(files);
  if (stamp.look === look) return true;
  const content = contentOf(files);
  if (stamp.content !== content) return false;
  writeFileSync(stampFile, JSON.stringify({ look, content }));
  return true;
}

/** Builds dist/ when it is not current. */
export async function ensureBuild() {
  if (buildCurrent()) {
    await stage('build', () => 'current', { quiet: true });
    return;
  }
  await stage('build', async (note) => {
    note('esbuild');
    // Taken before esbuild reads: a file saved meanwhile makes the stamp wrong, not the build stale.
    const files = inputs();
    const stamp = { look: lookOf(files), content: contentOf(files) };
    rmSync(stampFile, { force: true });
    const { bundle, bundleErrors } = await import('./bundle.mjs');
    try {
      await bundle();
    } catch (error) {
      const errors = bundleErrors(error);
      if (errors.length === 0) throw error;
      throw new SetupError('TAPBOOT_E_BUILD', 'the sources under driver/ do not compile', {
        output: errors.slice(0, 40).join('\n'),
        hint: 'correct what esbuild names, then start again',
      });
    }
    writeFileSync(stampFile, JSON.stringify(stamp));
    return `${String(files.length)} files compiled`;
  });
}
