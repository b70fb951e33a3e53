import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** What scenario arguments ask for. */
export interface ScenarioArguments {
  /** Files and directories to read, absolute. */
  paths: string[];
  /** What to select of them: names, ids, files; empty for all. */
  names: string[];
}

/** Where scenarios may lie; both absolute. */
export interface ScenarioPlace {
  workingDirectory: string;
  /** tapboot's own root. */
  projectRoot: string;
}

/**
 * Where scenarios are looked for when no file is named: `scenarios/` of the working directory,
 * else the ones that come with tapboot.
 */
export function scenarioDirectory(place: ScenarioPlace): string {
  const own = join(place.workingDirectory, 'scenarios');
  return existsSync(own) ? own : join(place.projectRoot, 'scenarios');
}

/** Like a path: with a slash or a YAML file's ending. A bare word is a name, whatever lies here. */
const looksLikePath = (argument: string): boolean => /\/|\.ya?ml$|^\.+$/.test(argument);

function yamlFilesOf(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(path, name));
}

/**
 * Tells files and directories from names. Files are read from where they are; names are looked
 * up in the scenario directory. Both may be mixed.
 */
export function scenarioArguments(
  given: readonly string[],
  place: ScenarioPlace,
): ScenarioArguments {
  const paths: string[] = [];
  const names: string[] = [];
  for (const argument of given) {
    const path = resolve(place.workingDirectory, argument);
    if (looksLikePath(argument) && existsSync(path)) paths.push(path);
    else names.push(argument);
  }
  if (names.length === 0 && paths.length > 0) return { paths, names };
  const files = paths.flatMap(yamlFilesOf);
  const directory = scenarioDirectory(place);
  const further = files.filter((file) => !file.startsWith(`${directory}/`));
  return { paths: [directory, ...further], names: [...names, ...files] };
}
