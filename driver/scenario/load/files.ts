import { readdir, stat } from 'node:fs/promises';
import { basename, isAbsolute, join, relative, resolve } from 'node:path';
import { scenarioError, type TapbootError } from '../../errors.js';
import { isMissing } from '../../host/atomic-file.js';

/** A path as messages show it: relative to the working directory where it lies below it. */
export function displayName(path: string, workingDirectory: string): string {
  const name = relative(workingDirectory, path);
  return name === '' || name.startsWith('..') || isAbsolute(name) ? path : name;
}

/** Id of the scenario (or name of the plan) that a file holds. */
export const baseIdOf = (path: string): string => basename(path).replace(/\.ya?ml$/, '');

const unreadable = (given: string, cause: unknown): TapbootError =>
  scenarioError('TAPBOOT_E_SCENARIO_UNREADABLE', `cannot read '${given}'`, {
    expected: 'a scenario file, or a directory of such files',
    got: cause instanceof Error ? cause.message : String(cause),
    cause,
  });

/**
 * Absolute paths of the YAML files directly in a directory, in order of their names; none where
 * there is no directory.
 * @throws TapbootError `TAPBOOT_E_SCENARIO_UNREADABLE`
 */
export async function yamlFilesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((cause: unknown) => {
    if (isMissing(cause)) return [];
    throw unreadable(directory, cause);
  });
  return (
    entries
      // Not a FIFO or a device, which may never end.
      .filter((entry) => entry.isFile() || entry.isSymbolicLink())
      .filter(({ name }) => /\.ya?ml$/.test(name))
      .map((entry) => join(directory, entry.name))
      .sort()
  );
}

/**
 * Scenario files for paths that are files or directories (whose `plans/` and other
 * subdirectories are not entered). Each file once.
 *
 * @throws TapbootError `TAPBOOT_E_SCENARIO_UNREADABLE`, `TAPBOOT_E_SCENARIO_NONE`
 */
export async function findScenarioFiles(
  paths: readonly string[],
  workingDirectory: string,
): Promise<string[]> {
  const found = new Set<string>();
  for (const given of paths) {
    const path = resolve(workingDirectory, given);
    const info = await stat(path).catch((cause: unknown) => {
      throw unreadable(given, cause);
    });
    if (!info.isDirectory()) {
      found.add(path);
      continue;
    }
    const files = await yamlFilesIn(path);
    if (files.length === 0) {
      throw scenarioError('TAPBOOT_E_SCENARIO_NONE', `there is no scenario in '${given}'`, {
        expected: 'files named *.yaml',
        got: 'none',
      });
    }
    for (const file of files) found.add(file);
  }
  return [...found];
}
