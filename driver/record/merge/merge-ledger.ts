import { readFileSync } from 'node:fs';
import path from 'node:path';
import { appendToLedger } from '../ledger/append.js';
import { ledgerLine } from '../ledger-line.js';
import { metadataSchema } from '../metadata-schema.js';
import type { Shard } from './shard.js';

/**
 * Brings the ledger lines of runs into one ledger, each once however often it is merged. A
 * line is made from the run's metadata.json, as the run itself made it; its path of
 * metadata.json is where that is found now.
 * @param ledger absolute; made when missing
 * @returns what could not be brought in, one sentence each
 * @throws TapbootError `infra` when the ledger cannot be written
 */
export async function mergeLedger(shards: readonly Shard[], ledger: string): Promise<string[]> {
  const said: string[] = [];
  for (const { directory, label, end } of shards) {
    if (directory === undefined) {
      said.push(`${label}: no ledger line: the events came without their run directory`);
      continue;
    }
    const file = path.join(directory, 'logs/metadata.json');
    const metadata = readMetadata(file);
    if (typeof metadata === 'string') {
      said.push(`${label}: no ledger line: ${metadata}`);
      continue;
    }
    const line = ledgerLine(metadata, {
      metadataPath: file,
      timestamp: new Date(end?.at ?? metadata.generated_at),
      fallbackOutcome: 'error',
    });
    said.push(...(await appendToLedger(ledger, line, 0)).said);
  }
  return said;
}

/** The file's content, or why there is none. */
function readMetadata(file: string): ReturnType<typeof metadataSchema.parse> | string {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const result = metadataSchema.safeParse(value);
  return result.success ? result.data : `${file} does not fit its schema`;
}
