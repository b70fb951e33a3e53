import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { Test } from 'tap';
import { settleLedger } from '../../../../driver/record/ledger/append.js';
import type { LedgerLine } from '../../../../driver/record/ledger/ledger-schema.js';
import { nodeScript } from '../../../helpers/node-script.js';

/** The runs of a ledger, in their order. */
export const ids = (ledger: string): string[] =>
  readFileSync(ledger, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((text) => (JSON.parse(text) as LedgerLine).run_id);

/** Pending files beside a ledger. */
export const leftovers = (ledger: string): string[] =>
  readdirSync(path.dirname(ledger)).filter((name) => name.includes('.pending-'));

/** Starts a process that appends `count` lines. */
export const startAppender = (ledger: string, prefix: string, count: number) =>
  execa(
    'node',
    [...nodeScript('test/unit/record/ledger/appender.ts'), ledger, prefix, String(count)],
    { reject: false, lines: true },
  );

const LANES = [0, 1, 2, 3];

/** Kills appenders in the midst of their work, four at a time: no line is lost, none is there twice. */
export async function killedAtAnyMoment(t: Test, ledger: string, rounds: number): Promise<void> {
  const acknowledged: string[] = [];
  let kills = 0;
  const worker = async (lane: number): Promise<void> => {
    for (let round = 0; round < rounds; round++) {
      const child = startAppender(ledger, `${String(lane)}.${String(round)}`, 1_000_000);
      await Promise.race([once(child.stdout), child]);
      // The first line is out: from here on it is killed in the midst of its work.
      await sleep(Math.random() * 60);
      child.kill('SIGKILL');
      const { stdout, signal } = await child;
      if (signal === 'SIGKILL') kills++;
      acknowledged.push(...stdout.filter((id) => /^\d+\.\d+-\d+$/.test(id)));
    }
  };
  await Promise.all(LANES.map(worker));
  await settleLedger(ledger);
  t.equal(kills, LANES.length * rounds);
  const recorded = ids(ledger);
  t.equal(new Set(recorded).size, recorded.length, 'none twice');
  t.strictSame(
    acknowledged.filter((id) => !recorded.includes(id)),
    [],
    'none lost',
  );
  t.ok(acknowledged.length >= kills);
  t.strictSame(
    leftovers(ledger).filter((name) => !name.includes('.tmp-')),
    [],
  );
  t.comment(`figure: ${String(kills)} kills, ${String(recorded.length)} lines`);
}

function once(stream: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve) => stream.once('data', () => resolve()));
}
