// dist/driver from driver/, by esbuild: what a command needs lies in few files, since loading
// hundreds of small ones takes longer than many a command. Types are checked by lint.
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tree } from './tree.mjs';

/** A process that runs yet may still load a part of an older build: those stay for a day. */
const KEPT_MS = 24 * 3_600_000;

/** Native code, and packages that load parts of themselves. */
const EXTERNAL = ['ssh2', 'zx', 'chokidar'];

/** zod's messages in forty languages, of which none but English is ever used. */
const ENGLISH = {
  name: 'english',
  setup(build) {
    build.onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, ({ path }) => ({
      contents: "export { default as en } from './en.js';",
      resolveDir: dirname(path),
    }));
  },
};

/** As ESM it is a fifth smaller, but its package.json names a file for that which is not there. */
const XTERM = {
  name: 'xterm',
  setup(build) {
    build.onLoad({ filter: /@xterm\/headless\/lib-headless\/xterm-headless\.js$/ }, ({ path }) => ({
      contents: "import { Terminal } from './xterm-headless.mjs'; export default { Terminal };",
      resolveDir: dirname(path),
    }));
  },
};

/** Scripts and styles of the pages, each one file without imports. */
const PAGES = ['report.css', 'history.css', 'main.ts', 'history.ts', 'early-theme.ts'];

async function bundlePages(build) {
  const client = 'driver/report/html/client';
  if (statSync(join(tree.root, client), { throwIfNoEntry: false }) === undefined) return [];
  const { metafile } = await build({
    absWorkingDir: tree.root,
    entryPoints: PAGES.map((name) => ({
      in: `${client}/${name}`,
      out: name.replace(/^main\.ts$/, 'report.ts').replace(/\.(ts|css)$/, ''),
    })),
    outdir: 'dist/driver/pages',
    bundle: true,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    minify: true,
    plugins: [XTERM],
    metafile: true,
    legalComments: 'inline',
    logLevel: 'silent',
  });
  return Object.keys(metafile.inputs);
}

/** @throws esbuild's failure, with `errors` that have a place each */
export async function bundle() {
  const { build } = await import('esbuild');
  const { metafile } = await build({
    absWorkingDir: tree.root,
    entryPoints: ['driver/cli/main.ts', 'driver/index.ts', 'driver/shim.ts'].filter((file) =>
      statSync(join(tree.root, file), { throwIfNoEntry: false }),
    ),
    outdir: 'dist/driver',
    outbase: 'driver',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: EXTERNAL,
    plugins: [ENGLISH],
    legalComments: 'inline',
    logLevel: 'silent',
    metafile: true,
    // Packages in CommonJS ask for Node's own modules.
    banner: {
      js: "import { createRequire as bundleRequire } from 'node:module';\nconst require = bundleRequire(import.meta.url);",
    },
  });
  const pages = await bundlePages(build);
  writeLicences([...Object.keys(metafile.inputs), ...pages]);
  const built = new Set(Object.keys(metafile.outputs));
  const chunks = join(tree.dist, 'driver/chunks');
  for (const name of existsSync(chunks) ? readdirSync(chunks) : []) {
    const old = Date.now() - statSync(join(chunks, name)).mtimeMs > KEPT_MS;
    if (old && !built.has(`dist/driver/chunks/${name}`)) rmSync(join(chunks, name));
  }
  return built.size;
}

/** The licences of the packages whose code is in dist/. */
function writeLicences(inputs) {
  // node_modules may be a link to another place.
  const packages = new Set(
    inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
  );
  const texts = [...packages].sort().map((path) => {
    const directory = join(tree.root, path);
    const file = readdirSync(directory).find((entry) => /^licen[cs]e/i.test(entry));
    const { name, version, license } = JSON.parse(
      readFileSync(join(directory, 'package.json'), 'utf8'),
    );
    const text = file === undefined ? license : readFileSync(join(directory, file), 'utf8');
    return `${name} ${version}\n\n${text.trim()}\n`;
  });
  const rule = `\n${'-'.repeat(78)}\n\n`;
  writeFileSync(join(tree.dist, 'driver/LICENCES.txt'), texts.join(rule));
}

/** esbuild's errors, a line each: `driver/x.ts(3,5): what`. */
export const bundleErrors = ({ errors = [] }) =>
  errors.map(({ location, text }) =>
    location === null
      ? text
      : `${location.file}(${String(location.line)},${String(location.column + 1)}): ${text}`,
  );

if (process.argv[1] === import.meta.filename) await bundle();
