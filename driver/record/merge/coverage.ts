import { scenarioError } from '../../errors.js';
import { listDigest } from '../list-digest.js';
import type { Shard } from './shard.js';

type Part = Shard & { start: { shard: NonNullable<Shard['start']['shard']> } };

const isPart = (run: Shard): run is Part => run.start.shard !== undefined;

/** What a part is called in a message: `2/5 (2026-01-02T030405Z-vm-run)`. */
const nameOf = ({ start, label }: Part): string =>
  `${String(start.shard.index)}/${String(start.shard.total)} (${label})`;

/**
 * Checks that shards (`run --shard`) are together what was to be run: of one list, each of its
 * scenarios in exactly one of them. Runs that are no shards may stand beside them, e.g. one that
 * took up what a shard has queued.
 * @throws TapbootError `scenario` TAPBOOT_E_MERGE_SHARDS
 */
export function checkShards(runs: readonly Shard[]): void {
  const parts = runs.filter(isPart);
  const [first] = parts;
  if (first === undefined) return;
  const other = parts.find(
    ({ start: { shard } }) =>
      shard.digest !== first.start.shard.digest || shard.total !== first.start.shard.total,
  );
  if (other !== undefined) {
    throw wrong('these shards are not of one run', {
      expected: 'shards of the same list of scenarios, divided by the same number',
      got: `${nameOf(first)} and ${nameOf(other)}`,
      hint: 'Give all shards the same scenarios, flags, files and ledger; merge the shards of one run only.',
    });
  }
  const owners = new Map<string, Part>();
  for (const part of parts) {
    for (const { id } of part.start.scenarios) {
      const owner = owners.get(id);
      owners.set(id, part);
      if (owner === undefined) continue;
      throw wrong(`the scenario ${id} lies in two shards`, {
        expected: 'each scenario in exactly one',
        got: `${nameOf(owner)} and ${nameOf(part)}`,
        hint: 'Merge each shard once, and give all of them the same --shard-times.',
      });
    }
  }
  if (listDigest([...owners.keys()]) === first.start.shard.digest) return;
  const { total } = first.start.shard;
  const present = new Set(parts.map(({ start }) => start.shard.index));
  const missing = Array.from({ length: total }, (_, index) => index + 1).filter(
    (index) => !present.has(index),
  );
  throw wrong('these shards do not have all scenarios of their run', {
    expected: 'each scenario in exactly one',
    got:
      missing.length === 0
        ? `all ${String(total)} shards, without some of its scenarios`
        : `no shard ${missing.map((index) => `${String(index)}/${String(total)}`).join(', ')}`,
    hint:
      missing.length === 0
        ? 'Give all shards the same --shard-times.'
        : 'Merge all shards of the run.',
  });
}

const wrong = (message: string, details: { expected: string; got: string; hint: string }) =>
  scenarioError('TAPBOOT_E_MERGE_SHARDS', message, details);
