import { readConfig } from '../config/config.js';
import { SETTINGS } from '../config/settings-table.js';
import { scenarioError } from '../errors.js';
import { holdForDebugging } from '../interactive/debug.js';
import { openRunOutput } from '../report/run-output.js';
import type { Outside } from './outside.js';
import type { RunRequest } from '../run/request.js';
import type { RunFlags } from './run-flags.js';
import { rerunCommand } from './rerun.js';
import { givenVariables } from './variable-options.js';
import { scenarioArguments } from '../run/scenario-arguments.js';

/** Flags that choose scenarios, or say how often they run: a queue has that in it. */
const NARROWING = ['grep', 'lastFailed', 'shard', 'shardTimes', 'repeat'] as const;

/**
 * Everything a run needs to know, from the flags and the outside world.
 * @throws TapbootError `scenario` for a flag or variable with a wrong value
 */
export async function runRequest(
  flags: RunFlags,
  outside: Outside,
  signal: AbortSignal,
): Promise<RunRequest> {
  const { scenarios, tags, notTags, variables, ...settings } = flags;
  const chosen = scenarioArguments(scenarios, outside);
  const narrowing = NARROWING.filter((name) => flags[name] !== undefined);
  const [narrowed] = [
    ...[...scenarios, ...tags, ...notTags],
    ...narrowing.map((name) => SETTINGS[name].flag.split(' ')[0]),
  ];
  if (flags.resume === true && narrowed !== undefined) {
    throw scenarioError('TAPBOOT_E_CONFIG_VALUE', '--resume runs the queue, as it is', {
      expected: 'no scenarios, no flags that choose some, and no --repeat beside it',
      got: narrowed,
      hint: 'Omit them to run the queue, or omit --resume to run what you name.',
    });
  }
  const config = readConfig(outside.environment, settings, outside.workingDirectory);
  return {
    config,
    openOutput: openRunOutput,
    holdAtFailure: config.debug ? holdForDebugging : undefined,
    scenarioPaths: chosen.paths,
    names: chosen.names,
    tags,
    notTags,
    variables: await givenVariables(flags, outside),
    inArguments: Object.keys(variables),
    command: ['tapboot', ...outside.arguments],
    rerun: (scenario) => rerunCommand(flags, scenario, outside),
    version: outside.version,
    environment: outside.environment,
    workingDirectory: outside.workingDirectory,
    projectRoot: outside.projectRoot,
    cacheDirectory: outside.cacheDirectory(),
    stdin: outside.stdin,
    stdout: outside.stdout,
    stderr: outside.stderr,
    signal,
  };
}
