import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Test } from 'tap';
import { describeError } from '../../../driver/errors.js';
import {
  readScenarios,
  type LoadedScenarios,
  type LoadOptions,
  type Scenario,
} from '../../../driver/scenario/index.js';

/** Files by name, each a list of lines or a text. */
export type Files = Record<string, string | string[]>;

/** Writes files into the test's own directory and returns it. */
export async function filesIn(t: Test, files: Files): Promise<string> {
  const directory = t.testdir();
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, Array.isArray(content) ? content.join('\n') + '\n' : content);
  }
  return directory;
}

/** Loads all files of a directory of their own. */
export async function load(
  t: Test,
  files: Files,
  options: Partial<LoadOptions> = {},
): Promise<LoadedScenarios> {
  const directory = await filesIn(t, files);
  return readScenarios(['.'], { workingDirectory: directory, ...options });
}

/** All complaints about files, as people see them. */
export async function complaints(
  t: Test,
  files: Files,
  options: Partial<LoadOptions> = {},
): Promise<string> {
  const { problems } = await load(t, files, options);
  return problems.map(describeError).join('\n\n');
}

/** The one scenario of a file with these lines below its name; no complaint is accepted. */
export async function scenarioOf(
  t: Test,
  lines: string[],
  more: Files = {},
  options: Partial<LoadOptions> = {},
): Promise<Scenario> {
  const loaded = await load(t, { 'it.yaml': ['name: It', ...lines], ...more }, options);
  t.same(loaded.problems.map(describeError), [], 'no problem');
  const scenario = loaded.scenarios.find(({ baseId }) => baseId === 'it');
  if (scenario === undefined) throw new Error('it.yaml gave no scenario');
  return scenario;
}
