import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { scenarioError } from '../../errors.js';

/** Where one run's events are, and the run directory around them when there is one. */
export interface ShardPlace {
  /** Absolute path of its events. */
  events: string;
  /** Absolute; holds `logs/events.jsonl`. Undefined for a file of events on its own. */
  directory: string | undefined;
}

/** How deep a folder of reports is searched: artifacts come in a folder each, with a log root. */
const DEPTH = 4;

/**
 * The runs that the arguments of `tapboot merge` stand for: a run directory, a file of
 * events, or a folder with run directories somewhere in it. In the order of the arguments,
 * those of a folder by their paths.
 * @param given absolute paths
 * @throws TapbootError `scenario` TAPBOOT_E_MERGE_INPUT for a path without events in it
 */
export function findShards(given: readonly string[]): ShardPlace[] {
  const found = given.flatMap((argument) => {
    const shards = shardsOf(argument);
    if (shards.length > 0) return shards;
    throw scenarioError('TAPBOOT_E_MERGE_INPUT', `${argument} contains no run`, {
      expected: 'a run directory, its logs/events.jsonl, or a folder with run directories in it',
      got: existsSync(argument) ? 'no events.jsonl in it' : 'nothing at this path',
      hint: 'tapboot run keeps logs/events.jsonl in every run directory.',
    });
  });
  const places = new Map(found.map((shard) => [shard.events, shard]));
  return [...places.values()];
}

function shardsOf(argument: string): ShardPlace[] {
  const kind = statSync(argument, { throwIfNoEntry: false });
  if (kind === undefined) return [];
  if (!kind.isDirectory()) return [{ events: argument, directory: runDirectoryOf(argument) }];
  return search(argument, DEPTH);
}

function search(directory: string, depth: number): ShardPlace[] {
  const events = path.join(directory, 'logs/events.jsonl');
  if (existsSync(events)) return [{ events, directory }];
  if (depth === 0) return [];
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
    .flatMap((name) => search(path.join(directory, name), depth - 1));
}

function runDirectoryOf(events: string): string | undefined {
  return events.endsWith('/logs/events.jsonl') ? path.dirname(path.dirname(events)) : undefined;
}
