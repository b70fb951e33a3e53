import { existsSync } from 'node:fs';
import { scenarioError } from '../errors.js';
import { medianSeconds } from '../record/ledger/budget.js';
import { readHistory } from '../record/ledger/history.js';
import { readLastFailed } from '../record/ledger/last-failed.js';
import {
  type Scenario,
  type Selected,
  selectScenarios,
  type Selection,
} from '../scenario/index.js';
import type { RunSettings } from './settings.js';
import { scenariosOfShard } from './shard.js';

/** What settings say of the scenarios of a run. */
export type SelectionSettings = Pick<
  RunSettings,
  'grep' | 'lastFailed' | 'shard' | 'shardTimesPath' | 'ledgerPath'
>;

/** The scenarios of a run. */
export interface SelectedForRun extends Selected {
  /** What all shards have together; without shards, `scenarios`. */
  list: Scenario[];
  /** Of how many of `list` the duration is known, where shards are divided by durations. */
  measured?: number;
}

/**
 * What of all scenarios a call asks for: by names and tags, by what settings say, and of that the
 * part of this shard, which may be empty.
 * @throws TapbootError `scenario` as `selectScenarios`; TAPBOOT_E_SCENARIO_NONE where none has
 *   failed, TAPBOOT_E_CONFIG_VALUE for --last-failed without a ledger, TAPBOOT_E_SHARD_TIMES
 */
export async function selectForRun(
  all: readonly Scenario[],
  named: Pick<Selection, 'names' | 'tags' | 'notTags'>,
  settings: SelectionSettings,
): Promise<SelectedForRun> {
  const { grep, lastFailed, shard } = settings;
  const only = lastFailed ? await failedBefore(all, settings.ledgerPath) : undefined;
  const selected = selectScenarios(all, { ...named, grep, only });
  const list = selected.scenarios;
  if (shard === undefined) return { ...selected, list };
  const seconds = await timesOf(settings.shardTimesPath);
  const scenarios = scenariosOfShard(list, shard, seconds);
  const brought = selected.brought.filter((scenario) => scenarios.includes(scenario));
  const measured = seconds && list.filter((one) => seconds(one) !== undefined).length;
  return { scenarios, brought, list, measured };
}

async function failedBefore(
  all: readonly Scenario[],
  ledger: string | undefined,
): Promise<(scenario: Scenario) => boolean> {
  if (ledger === undefined) {
    throw scenarioError('TAPBOOT_E_CONFIG_VALUE', '--last-failed needs the ledger', {
      expected: 'a ledger of earlier runs',
      got: 'BOOT_IMAGE_VM_DISABLE_LEDGER is set',
      hint: 'Unset it, or name the scenarios.',
    });
  }
  const failed = await readLastFailed(ledger);
  if (all.some(failed)) return failed;
  throw scenarioError('TAPBOOT_E_SCENARIO_NONE', 'no scenario failed when it last ran', {
    expected: `a scenario whose last verdict in ${ledger} is failed`,
    got: existsSync(ledger) ? `none of ${String(all.length)}` : 'no such file',
    hint: 'Omit --last-failed.',
  });
}

async function timesOf(
  file: string | undefined,
): Promise<((scenario: Scenario) => number | undefined) | undefined> {
  if (file === undefined) return undefined;
  const found = existsSync(file);
  const { passes, badLines } = await readHistory(file);
  const [bad] = badLines;
  if (found && bad === undefined) return (scenario) => medianSeconds(passes(scenario));
  throw scenarioError('TAPBOOT_E_SHARD_TIMES', `the durations for --shard cannot be read`, {
    at: { file, line: bad?.line ?? 1, column: 1 },
    expected: 'a ledger: one line of JSON per run',
    got: bad?.reason ?? 'no such file',
    hint: 'Give all shards a copy of one ledger; `tapboot merge --ledger` makes one.',
  });
}
