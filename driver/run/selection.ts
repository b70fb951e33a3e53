import { readQueue } from '../ledger/queue.js';
import { loadScenarios, selectScenarios, type Scenario } from '../scenario/index.js';
import type { RunRequest } from './request.js';

/**
 * The scenarios that a request asks for, in the order of their files; with `--resume`,
 * those on the queue.
 * @param run name of the run directory, for `${tapboot.run}`
 * @throws TapbootError `scenario` for what is wrong in a file or unknown in the request
 */
export async function chosenScenarios(request: RunRequest, run: string): Promise<Scenario[]> {
  const { workingDirectory, variables, tags, notTags, names, config } = request;
  const options = { workingDirectory, variables, run };
  if (!config.resume) {
    const all = await loadScenarios(request.scenarioPaths, options);
    return selectScenarios(all, { names, tags, notTags });
  }
  const queued = readQueue(config.queuePath);
  if (queued.length === 0) return [];
  const files = [...new Set(queued.map(({ file }) => file))];
  const all = await loadScenarios(files, options);
  return all.filter(({ id }) => queued.some((item) => item.id === id));
}
