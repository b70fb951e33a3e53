// Test files of users: processes of their own, which import the library of this checkout.
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Metadata } from '../../driver/record/metadata-schema.js';
import { projectRoot } from './vm-host.js';

export const shim = join(projectRoot, 'driver/shim.ts');
export const library = join(projectRoot, 'driver/index.ts');

/** What is asserted of a ledger line. */
export interface Line {
  outcome: string;
  interrupted?: boolean;
  start?: string;
  metadata: string;
  driver_args: string[];
}

/** A directory where a test file finds the project's packages. */
export async function place(t: { testdir: () => string }): Promise<string> {
  const directory = t.testdir();
  await symlink(join(projectRoot, 'node_modules'), join(directory, 'node_modules'));
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
  return directory;
}

/** Environment of such a process; whether the tests run in a CI service is not its concern. */
export const environment = (added: Record<string, string> = {}): Record<string, string> => ({
  BOOT_IMAGE_VM_LOG_ROOT: '',
  TAP_TIMEOUT: '300',
  CI: '',
  ...added,
});

/** Runs a file with `text` in `directory` to its end. */
export async function runFile(
  directory: string,
  text: string,
  { args = [], env = {} }: { args?: string[]; env?: Record<string, string> } = {},
) {
  const file = join(directory, 'x.test.ts');
  await writeFile(file, text);
  const result = await execa(process.execPath, ['--import', 'tsx', file, ...args], {
    cwd: directory,
    reject: false,
    env: environment(env),
  });
  return { ...result, lines: await ledger(directory) };
}

export async function ledger(directory: string): Promise<Line[]> {
  const text = await readFile(join(directory, 'notes/vm-run-ledger.jsonl'), 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Line]));
}

/** The record behind a ledger line. */
export async function recordOf(directory: string, line: Line): Promise<Metadata> {
  return JSON.parse(await readFile(join(directory, line.metadata), 'utf8')) as Metadata;
}
