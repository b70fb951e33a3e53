import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { scenarioError } from '../errors.js';
import { usualMachine } from '../image/usual-machine.js';
import { type QueueItem, readQueue } from '../record/ledger/queue.js';
import { type Scenario, loadScenarios, sourcesOf } from '../scenario/index.js';
import { type PlannedScenario, repeated } from './work-list.js';
import type { RunRequest } from './request.js';
import { selectForRun } from './selection.js';

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

/** What a run is about. */
export interface Chosen {
  planned: PlannedScenario[];
  /** Ids of all executions that the shards of this run have together; absent without shards. */
  divided?: string[];
  /** Of how many scenarios the duration is known, where shards are divided by durations. */
  measured?: number;
  /** The values that no output may show, also those that a scenario not chosen redacts. */
  secrets: string[];
}

/**
 * What a request asks to be run, in the order of the scenarios' files; with `--resume`, what is
 * on the queue, in its order, behind the scenarios whose checkpoints it needs.
 * @param run name of the run directory, for `${tapboot.run}`
 * @param before what the same request was found to ask for: it is that again, whatever has
 *   become of the ledger since
 * @throws TapbootError `scenario` for what is wrong in a file or unknown in the request, and for
 *   a queue that names what is not there any more
 */
export async function chosenScenarios(
  request: RunRequest,
  run: string,
  before?: Chosen,
): Promise<Chosen> {
  const { workingDirectory, variables, tags, notTags, names, config } = request;
  const machine = usualMachine(config.image, workingDirectory);
  const options = { workingDirectory, variables, run, machine };
  if (!config.resume) {
    const all = await loadScenarios(request.scenarioPaths, options);
    if (before !== undefined) {
      const ids = new Set(before.planned.map(({ scenario }) => scenario.id));
      const brought = new Set(
        before.planned.flatMap(({ scenario, again }) => (again ? scenario.id : [])),
      );
      const same = all.filter(({ id }) => ids.has(id));
      return { ...before, planned: marked(repeated(same, config.repeat), brought) };
    }
    const selected = await selectForRun(all, { names, tags, notTags }, config);
    const { scenarios, brought, list, measured } = selected;
    const divided = repeated(list, config.repeat);
    const planned = repeated(scenarios, config.repeat);
    return {
      planned: marked(planned, new Set(brought.map(({ id }) => id))),
      divided: config.shard === undefined ? undefined : divided.map(({ ref }) => ref.id),
      measured,
      // Of the other shards, too: in all of them an id reads the same.
      secrets: secretsOf(divided, all, variables),
    };
  }
  const waiting = readQueue(config.queuePath).map((item) => ({
    item,
    path: item.path ?? resolve(workingDirectory, item.file),
  }));
  const gone = waiting.find(({ path }) => !existsSync(path));
  if (gone !== undefined) throw stale(gone.item, config.queuePath, 'no such file');
  const files = new Set(waiting.flatMap(({ item, path }) => [...(item.sources ?? []), path]));
  if (files.size === 0) return { planned: [], secrets: [] };
  const all = await loadScenarios([...files], options);
  const queued = waiting.map(({ item, path }) => ({
    scenario: takenUp(item, path, all, config.queuePath),
    ref: { id: item.id, name: item.name, file: item.file },
  }));
  const known = new Set(queued.map(({ scenario }) => scenario));
  const planned = queued.flatMap((one): PlannedScenario[] => {
    const missing = sourcesOf(one.scenario, all).filter((source) => !known.has(source));
    for (const source of missing) known.add(source);
    return [...repeated(missing, 1).map((source) => ({ ...source, again: true as const })), one];
  });
  return { planned, secrets: secretsOf(planned, all, variables) };
}

/** Those that nobody asked for are known by that. */
const marked = (
  planned: readonly PlannedScenario[],
  brought: ReadonlySet<string>,
): PlannedScenario[] =>
  planned.map((one) => (brought.has(one.scenario.id) ? { ...one, again: true } : one));

/** Of a scenario that is not run, what was given from outside: the command line carries it. */
function secretsOf(
  planned: readonly PlannedScenario[],
  all: readonly Scenario[],
  given: Readonly<Record<string, string>>,
): string[] {
  const names = new Set(all.flatMap(({ redact }) => redact));
  return [
    ...planned.flatMap(({ scenario }) => scenario.redactedValues),
    ...Object.entries(given).flatMap(([name, value]) => (names.has(name) ? [value] : [])),
  ];
}

/** The scenario that an item of the queue means; one that `--repeat` has numbered counts, too. */
function takenUp(item: QueueItem, path: string, all: readonly Scenario[], queue: string): Scenario {
  const inFile = all.filter((scenario) => scenario.path === path);
  const found =
    inFile.find(({ id }) => id === item.id) ??
    inFile.find(({ id }) => id === item.id.replace(/#\d+$/, ''));
  if (found !== undefined) return found;
  throw stale(item, queue, inFile.map(({ id }) => id).join(', '));
}

const stale = ({ id, file }: QueueItem, queue: string, got: string) =>
  scenarioError('TAPBOOT_E_QUEUE_STALE', `'${id}' is on the queue, but no longer exists`, {
    expected: `the scenario ${id} in ${file}`,
    got,
    hint: `Restore it, or remove it from the queue: ${queue}`,
  });
