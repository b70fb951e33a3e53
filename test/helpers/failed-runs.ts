import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { runDirectories, type Place } from './run-tapboot.js';

/** Where what failing tests recorded is kept; git-ignored. */
const KEPT = fileURLToPath(new URL('../../.setup/failed', import.meta.url));
/** Lines of a console that are told. */
const LINES = 25;
/** Larger files, such as capsules, are not kept. */
const LARGEST = 16 * 1024 * 1024;

/**
 * Keeps the run directories of a test that fails, and tells what is needed to know why: each
 * scenario that did not pass, with step, class and message, and the end of each console.
 */
export async function keepFailed(t: Test, place: Place): Promise<void> {
  const runs = runDirectories(place.logRoot);
  if (runs.length === 0) return;
  const name = t.fullname.replaceAll(/[^\w.]+/g, '-').slice(-100);
  const directory = join(KEPT, `${new Date().toISOString().replaceAll(':', '')}-${name}`);
  mkdirSync(directory, { recursive: true });
  cpSync(place.logRoot, join(directory, 'notes'), {
    recursive: true,
    filter: (path) => {
      const { size } = statSync(path, { throwIfNoEntry: false }) ?? { size: 0 };
      return size <= LARGEST;
    },
  });
  t.comment(`kept in ${directory}`);
  for (const run of runs.slice(-1)) {
    const logs = join(run, 'logs');
    for (const line of failuresIn(join(logs, 'events.jsonl'))) t.comment(line);
    for (const [vm, log] of consoles(logs)) {
      t.comment(`the end of the console of ${vm}:`);
      const lines = readFileSync(log, 'utf8').replaceAll('\r', '').split('\n').slice(-LINES);
      t.comment(lines.map((line) => `  ${JSON.stringify(line).slice(1, -1)}`).join('\n'));
    }
  }
}

/** What the events say of steps and scenarios that did not pass, a line each. */
function failuresIn(file: string): string[] {
  if (!existsSync(file)) return [];
  const lines: string[] = [];
  for (const text of readFileSync(file, 'utf8').split('\n')) {
    if (!/"type":"(?:step|scenario|run):end"/.test(text)) continue;
    const event = JSON.parse(text) as {
      type: string;
      scenario?: { id: string };
      step?: { title: string };
      failure?: { class?: string; code?: string; message?: string };
    };
    if (event.failure === undefined) continue;
    const { class: kind = '', code = '', message = '' } = event.failure;
    const where = [event.type, event.scenario?.id, event.step?.title].join(' ').trimEnd();
    lines.push(`${where}: ${kind} ${code}: ${message}`);
  }
  return lines;
}

/** The consoles of a run by VM. */
function consoles(logs: string): [string, string][] {
  const found: [string, string][] = [['the first VM', join(logs, 'serial.log')]];
  const vms = join(logs, 'vms');
  if (existsSync(vms)) {
    for (const vm of readdirSync(vms)) found.push([vm, join(vms, vm, 'serial.log')]);
  }
  return found.filter(([, log]) => existsSync(log));
}
