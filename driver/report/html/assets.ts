import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { infraError } from '../../errors.js';

/** The parts of the page that are the same in every report; all of them go into the file. */
export interface PageAssets {
  /** One script, a module without imports. */
  script: string;
  /** Sets the theme before anything is painted. */
  themeScript: string;
  styles: string;
}

/** Where the page's own sources lie, below tapboot's root. They are not compiled. */
const CLIENT = 'driver/report/html/client';

/** Read in this order: later ones may override. */
const STYLES = ['theme.css', 'page.css', 'step.css', 'evidence.css', 'print.css'];

const require = createRequire(import.meta.url);

/**
 * Reads the page's script, styles and libraries (uPlot for plots, Anser for the colours of
 * terminal output).
 * @param projectRoot tapboot's own root
 * @throws TapbootError `infra` TAPBOOT_E_INSTALLATION when one of them is missing
 */
export async function readPageAssets(projectRoot: string): Promise<PageAssets> {
  const client = join(projectRoot, CLIENT);
  try {
    const [anser, uplot, uplotStyles, own, themeScript, ...styles] = await Promise.all([
      readFile(require.resolve('anser'), 'utf8'),
      readFile(beside('uplot', 'uPlot.iife.min.js'), 'utf8'),
      readFile(beside('uplot', 'uPlot.min.css'), 'utf8'),
      joinModules(client, 'main.js'),
      readFile(join(client, 'early-theme.js'), 'utf8'),
      ...STYLES.map((name) => readFile(join(client, name), 'utf8')),
    ]);
    return {
      script: inert([`/*! uPlot, MIT */\n${uplot}`, commonJs('Anser', anser), own].join('\n')),
      themeScript: inert(themeScript),
      styles: inert([uplotStyles, ...styles].join('\n')),
    };
  } catch (cause) {
    throw infraError('TAPBOOT_E_INSTALLATION', 'a part of the report page is missing', {
      got: cause instanceof Error ? cause.message : String(cause),
      hint: 'Install tapboot again: a part of it is missing.',
      cause,
    });
  }
}

const beside = (library: string, file: string): string =>
  join(dirname(require.resolve(library)), file);

/** A CommonJS module as a constant. */
function commonJs(name: string, source: string): string {
  return `/*! ${name}, MIT */\nconst ${name} = (() => { const module = { exports: {} }; const exports = module.exports;\n${source}\nreturn module.exports.default ?? module.exports; })();`;
}

/** A source that would end its own element cannot be put into the page. */
function inert(source: string): string {
  if (/<\/(?:script|style)|<!--/i.test(source)) throw new Error('a source ends its own element');
  return source;
}

const IMPORT = /^import\s[^;]*?from '\.\/([\w-]+\.js)';\n/gm;

/**
 * Joins modules into one script, each behind those that it imports. They keep to a form
 * that makes this simple: named imports from files beside them, `export` in front of
 * declarations, and no top-level name twice (which would be a syntax error here).
 */
export async function joinModules(directory: string, entry: string): Promise<string> {
  const done = new Set<string>();
  const parts: string[] = [];
  const visit = async (name: string): Promise<void> => {
    if (done.has(name)) return;
    done.add(name);
    const source = await readFile(join(directory, name), 'utf8');
    for (const [, imported = ''] of source.matchAll(IMPORT)) await visit(imported);
    parts.push(source.replace(IMPORT, '').replace(/^export /gm, ''));
  };
  await visit(entry);
  return parts.join('\n');
}
