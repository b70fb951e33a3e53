import path from 'node:path';
import { scenarioError } from '../../errors.js';
import type { RunEvent, ScenarioOutcome, ScenarioRef } from '../../events/events.js';
import type { ShardPlace } from './find-shards.js';
import { readEvents } from './read-events.js';

type RunStart = Extract<RunEvent, { type: 'run:start' }>;
type RunEnd = Extract<RunEvent, { type: 'run:end' }>;

/** What the first reading of a run's events tells of it. */
export interface Shard extends ShardPlace {
  /** Name of the run; of several with one name, the path. */
  label: string;
  start: RunStart;
  /** Undefined: the run was killed before its end. */
  end: RunEnd | undefined;
  /** Time of its last event. */
  lastAt: number;
  verdicts: Map<string, ScenarioOutcome>;
  badLines: number[];
}

/**
 * Reads what is needed to join runs: plans and verdicts, not their steps.
 * @throws TapbootError `scenario` TAPBOOT_E_MERGE_INPUT when there is no run in it
 */
export async function readShard(place: ShardPlace): Promise<Shard> {
  let start: RunStart | undefined;
  let end: RunEnd | undefined;
  let lastAt = 0;
  const verdicts = new Map<string, ScenarioOutcome>();
  const badLines: number[] = [];
  for await (const line of readEvents(place.events)) {
    if (line.kind === 'bad') {
      badLines.push(line.line);
      continue;
    }
    const { event } = line;
    lastAt = Math.max(lastAt, event.at);
    if (event.type === 'run:start') start ??= event;
    else if (event.type === 'run:end') end = event;
    else if (event.type === 'scenario:end') verdicts.set(event.scenario.id, event.outcome);
    else if (event.type === 'scenario:queued') verdicts.set(event.scenario.id, 'queued');
    else if (event.type === 'scenario:not-run') verdicts.set(event.scenario.id, 'not-run');
  }
  if (start === undefined) {
    throw scenarioError('TAPBOOT_E_MERGE_INPUT', `${place.events} contains no run`, {
      expected: 'the events of a run, from run:start on',
      got: badLines.length > 0 ? 'lines that are not events' : 'no such event',
    });
  }
  return { ...place, label: start.run, start, end, lastAt, verdicts, badLines };
}

/**
 * Gives every run a name of its own.
 * @throws TapbootError `scenario` TAPBOOT_E_MERGE_TWICE when one run comes twice: its
 *   verdicts would count double
 */
export function labelled(shards: readonly Shard[]): Shard[] {
  const identity = ({ start }: Shard): string => JSON.stringify([start.at, start.directory]);
  const seen = new Map<string, Shard>();
  for (const shard of shards) {
    const other = seen.get(identity(shard));
    seen.set(identity(shard), shard);
    if (other === undefined) continue;
    throw scenarioError('TAPBOOT_E_MERGE_TWICE', `the run ${shard.label} is named twice`, {
      expected: 'each run once',
      got: `${other.events} and ${shard.events}`,
      hint: 'Name only one of the two.',
    });
  }
  return shards.map((shard) => {
    const shared = shards.filter(({ label }) => label === shard.label).length > 1;
    const where = shard.directory ?? path.dirname(shard.events);
    return shared ? { ...shard, label: where } : shard;
  });
}

const begun = ({ verdicts }: Shard, { id }: Pick<ScenarioRef, 'id'>): boolean =>
  !['queued', 'not-run'].includes(verdicts.get(id) ?? '');

/** A scenario's names in the merged run; undefined when another run's verdict replaces it. */
export type Renaming = (scenario: ScenarioRef) => ScenarioRef | undefined;

/**
 * How the scenarios of each run are called together. What one run queued, or did not run, and
 * another ran has the verdict of the other. A scenario that several ran (another image, another
 * machine) keeps all its verdicts, each with the name of its run.
 */
export function renamings(shards: readonly Shard[]): Map<Shard, Renaming> {
  const key = ({ id, file }: { id: string; file: string }): string => JSON.stringify([file, id]);
  const ran = new Map<string, number>();
  const kept = new Map<string, number>();
  for (const shard of shards) {
    for (const scenario of shard.start.scenarios) {
      const count = begun(shard, scenario) ? 1 : 0;
      ran.set(key(scenario), (ran.get(key(scenario)) ?? 0) + count);
    }
  }
  // Begun nowhere: once is enough.
  const first = new Map<string, Shard>();
  const counts = (shard: Shard, scenario: ScenarioRef): boolean => {
    if (begun(shard, scenario)) return true;
    if ((ran.get(key(scenario)) ?? 0) > 0) return false;
    if (!first.has(key(scenario))) first.set(key(scenario), shard);
    return first.get(key(scenario)) === shard;
  };
  for (const shard of shards) {
    for (const scenario of shard.start.scenarios) {
      if (counts(shard, scenario)) kept.set(scenario.id, (kept.get(scenario.id) ?? 0) + 1);
    }
  }
  return new Map(
    shards.map((shard) => [
      shard,
      ({ id, name, file }: ScenarioRef) => {
        if (!counts(shard, { id, name, file })) return undefined;
        if ((kept.get(id) ?? 0) < 2) return { id, name, file };
        return { id: `${id}@${shard.label}`, name: `${name} [${shard.label}]`, file };
      },
    ]),
  );
}
