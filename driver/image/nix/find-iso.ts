import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { scenarioError } from '../../errors.js';
import { isMissing } from '../../host/atomic-path.js';

/** Names shown when there is no ISO. */
const SHOWN = 20;

/**
 * The one ISO below the outputs of a build; an output may be the ISO itself.
 * @throws TapbootError `scenario` when there is none or more than one, with what was found
 */
export async function findIso(outputs: readonly string[]): Promise<string> {
  const files: string[] = [];
  for (const output of outputs) files.push(...(await filesBelow(output)));
  const isos = files.filter((file) => /\.iso$/i.test(file));
  const [iso] = isos;
  if (iso !== undefined && isos.length === 1) return iso;
  const others = files.slice(0, SHOWN);
  if (files.length > SHOWN) others.push(`… and ${String(files.length - SHOWN)} more`);
  throw scenarioError('TAPBOOT_E_NIX_ISO', 'the result is not an image with exactly one ISO', {
    expected: `exactly one file *.iso below ${outputs.join(', ')}`,
    got: isos.length === 0 ? `none among ${String(files.length)} files` : String(isos.length),
    output: (isos.length === 0 ? others : isos).join('\n'),
    hint: 'Name an attribute that builds one ISO, or give the ISO by its path: file:PATH.',
  });
}

async function filesBelow(path: string): Promise<string[]> {
  try {
    if ((await stat(path)).isFile()) return [path];
    const names = await readdir(path, { recursive: true });
    const paths = names.map((name) => join(path, name)).sort();
    const files = await Promise.all(paths.map(isFile));
    return paths.filter((_found, index) => files[index]);
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw scenarioError('TAPBOOT_E_IMAGE_FILE', `the store path ${path} does not exist`, {
      expected: 'a path in the Nix store of this machine',
      hint: 'Build it, or fetch it: nix-store --realise PATH',
      cause: error,
    });
  }
}

/** Links count as what they lead to; one that leads nowhere is no file. */
async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
