import { dirname } from 'node:path';
import type { RerunScenario } from '../run/request.js';
import { scenarioDirectory, type ScenarioPlace } from '../run/scenario-arguments.js';
import type { RunFlags } from './run-flags.js';

/**
 * What is not said again for one scenario alone: which ones to run, how often and in what
 * time, and where reports of the whole run have gone.
 */
const DROPPED: ReadonlySet<string> = new Set<keyof RunFlags>([
  ...(['scenarios', 'tags', 'notTags', 'variables', 'varEnv', 'varFile'] as const),
  ...(['grep', 'lastFailed', 'shard', 'shardTimes', 'maxFailures', 'bail', 'timeLimit'] as const),
  ...(['resume', 'repeat', 'budget', 'workers', 'report', 'debug', 'debugFor'] as const),
]);

/**
 * The command line that runs one scenario as this run did. One that starts from another's
 * checkpoint names that one too.
 */
export function rerunCommand(
  flags: RunFlags,
  { id, path, file, from, redact }: RerunScenario,
  place: ScenarioPlace,
): string[] {
  const said = Object.entries(flags).flatMap(([key, value]) => {
    const option = `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (DROPPED.has(key) || value === undefined) return [];
    // Colour is on unless it is refused: what says so is `--no-color`.
    if (key === 'color') return value === false ? ['--no-color'] : [];
    return value === true ? [option] : value === false ? [] : [option, String(value)];
  });
  // A secret is not told again; the next run takes it from where no report and no `ps` shows it.
  const variables = Object.entries(flags.variables).flatMap(([name, value]) =>
    redact.includes(name) ? ['--var-env', name] : ['--var', `${name}=${value}`],
  );
  const elsewhere = [
    ...flags.varFile.flatMap((file) => ['--var-file', file]),
    ...flags.varEnv.flatMap((name) => ['--var-env', name]),
  ];
  const byName = dirname(path) === scenarioDirectory(place);
  const names = byName && from !== undefined ? [from.scenario, id] : [byName ? id : file];
  return ['tapboot', 'run', ...said, ...elsewhere, ...variables, ...names];
}
