import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { readQueue } from '../ledger/queue.js';
import { loadScenarios, selectScenarios, type Scenario } from '../scenario/index.js';
import type { RunRequest } from './request.js';

/** A name that is a path to an existing file or directory outside the default directory counts as one. */
const isPath = (name: string, directory: string): boolean =>
  /[/\\]|\.ya?ml$/.test(name) && existsSync(resolve(directory, name));

/**
 * The scenarios that a request asks for, in the order of their files. Names that are
 * paths are read as they are; the others are looked up in the scenario directory. With
 * `--resume`, what waits on the queue.
 * @param run name of the run directory, for `${tapboot.run}`
 * @throws TapbootError `scenario` for what is wrong in a file or unknown in the request
 */
export async function chosenScenarios(request: RunRequest, run: string): Promise<Scenario[]> {
  const { workingDirectory, variables, tags, notTags, config } = request;
  const options = { workingDirectory, variables, run };
  if (config.resume) {
    const queued = readQueue(config.queuePath);
    if (queued.length === 0) return [];
    const files = [...new Set(queued.map(({ file }) => file))];
    const all = await loadScenarios(files, options);
    return all.filter(({ id }) => queued.some((item) => item.id === id));
  }
  const paths = request.scenarios.filter((name) => isPath(name, workingDirectory));
  const names = request.scenarios.filter((name) => !paths.includes(name));
  const read = [
    ...paths,
    ...(names.length > 0 || paths.length === 0 ? [request.scenarioDirectory] : []),
  ];
  const all = await loadScenarios(read, options);
  const named = all.filter(({ path }) =>
    paths.some((given) => path.startsWith(resolve(workingDirectory, given))),
  );
  const wanted =
    paths.length > 0 && names.length === 0
      ? selectScenarios(named, { tags, notTags })
      : selectScenarios(all, { names, tags, notTags });
  const both = paths.length > 0 && names.length > 0 ? [...named, ...wanted] : wanted;
  return [...new Set(both)];
}
