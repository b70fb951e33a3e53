import { createHash } from 'node:crypto';
import { type Scenario, sourcesOf } from '../scenario/index.js';

/** One of several parts into which machines divide a run: `--shard 2/5`. */
export interface ShardNumber {
  /** From 1. */
  index: number;
  total: number;
}

/**
 * The scenarios of one shard, in their order. All shards together have each scenario exactly
 * once, if they are given the same list and the same seconds: nothing else counts, neither the
 * host nor the order. A scenario that starts from another's checkpoint is in the shard of that one.
 * @param seconds what scenarios took, for shards of about the same time; absent: all the same, so
 *   that shards are divided by number and by a hash of the ids
 */
export function scenariosOfShard(
  list: readonly Scenario[],
  { index, total }: ShardNumber,
  seconds: (scenario: Scenario) => number | undefined = () => undefined,
): Scenario[] {
  const groups = groupsOf(list);
  const shards = divided(secondsOf(groups, seconds), total);
  const own = new Set(
    [...groups].flatMap(([root, all]) => (shards.get(root) === index ? all : [])),
  );
  return list.filter((scenario) => own.has(scenario));
}

/** Scenarios that share a machine's history, by the id of the first of them. */
function groupsOf(list: readonly Scenario[]): Map<string, Scenario[]> {
  const groups = new Map<string, Scenario[]>();
  for (const scenario of list) {
    const root = (sourcesOf(scenario, list)[0] ?? scenario).id;
    groups.set(root, [...(groups.get(root) ?? []), scenario]);
  }
  return groups;
}

/** Seconds of each group; a scenario that nobody has measured counts with the mean of the others. */
function secondsOf(
  groups: ReadonlyMap<string, readonly Scenario[]>,
  seconds: (scenario: Scenario) => number | undefined,
): Map<string, number> {
  const measured = [...groups.values()].flat().flatMap((scenario) => seconds(scenario) ?? []);
  const mean =
    measured.length === 0 ? 1 : measured.reduce((sum, one) => sum + one, 0) / measured.length;
  return new Map(
    [...groups].map(([root, all]) => [
      root,
      all.reduce((sum, scenario) => sum + (seconds(scenario) ?? mean), 0),
    ]),
  );
}

/**
 * The longest first, each to the shard that has least to do by then. Of equal ones a hash decides
 * which goes first: neighbours in the alphabet are often alike, and would meet in one shard.
 */
function divided(seconds: ReadonlyMap<string, number>, total: number): Map<string, number> {
  const loads = Array.from({ length: total }, () => 0);
  const longestFirst = [...seconds]
    .map(([root, taking]) => ({ root, taking, hash: hashOf(root) }))
    .sort((a, b) => b.taking - a.taking || (a.hash < b.hash ? -1 : 1));
  return new Map(
    longestFirst.map(({ root, taking }) => {
      const least = loads.indexOf(Math.min(...loads));
      loads[least] = (loads[least] ?? 0) + taking;
      return [root, least + 1];
    }),
  );
}

const hashOf = (root: string): string => createHash('sha256').update(root).digest('hex');
