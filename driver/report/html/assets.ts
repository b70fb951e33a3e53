import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { infraError } from '../../errors.js';

/** The parts of a page that are the same in every report; all of them go into the file. */
export interface PageAssets {
  /** One script, a module without imports. */
  script: string;
  /** Sets the theme before anything is painted. */
  themeScript: string;
  styles: string;
}

/** Where the build puts the pages' scripts and styles, below tapboot's root. */
const PAGES = 'dist/driver/pages';

/**
 * Reads script and styles of a page, with the libraries that it uses (uPlot for plots,
 * xterm.js for what terminals show).
 * @param projectRoot tapboot's own root
 * @throws TapbootError `infra` TAPBOOT_E_INSTALLATION when one of them is missing
 */
export async function readPageAssets(
  projectRoot: string,
  page: 'report' | 'history' = 'report',
): Promise<PageAssets> {
  const read = async (name: string): Promise<string> =>
    inert(await readFile(join(projectRoot, PAGES, name), 'utf8'));
  try {
    const [script, themeScript, styles] = await Promise.all([
      read(`${page}.js`),
      read('early-theme.js'),
      read(`${page}.css`),
    ]);
    return { script, themeScript, styles };
  } catch (cause) {
    throw infraError('TAPBOOT_E_INSTALLATION', 'a part of the report page is missing', {
      got: cause instanceof Error ? cause.message : String(cause),
      hint: 'Install tapboot again, or build it: npm run build.',
      cause,
    });
  }
}

/** A source that would end its own element cannot be put into the page. */
function inert(source: string): string {
  if (/<\/(?:script|style)|<!--/i.test(source)) throw new Error('a source ends its own element');
  return source;
}
