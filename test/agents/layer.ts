import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { agentLayer } from '../../driver/image/debian/agent.js';
import type { CpioEntry } from '../../driver/image/content/cpio.js';
import { layerOf } from '../../driver/image/layers.js';

const HERE = dirname(fileURLToPath(import.meta.url));
const PROJECT = join(HERE, '../..');
const AGENT = 'usr/sbin/pre-nixos';

/** Names of the sabotaged agents: the directories beside this file. */
export async function sabotagedAgents(): Promise<string[]> {
  const entries = await readdir(HERE, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

/**
 * Writes the layer of a sabotaged agent: the reference agent at another place, the
 * overrides from `test/agents/<name>/sabotage.sh`, and a runner where the agent was.
 *
 * @param directory replaced by the layer; give it to the Debian image as `agent=DIR`.
 */
export async function writeSabotagedAgent(name: string, directory: string): Promise<void> {
  const reference = await agentLayer({ kind: 'reference' }, PROJECT);
  const script = reference?.entries.find((entry) => entry.path === AGENT);
  if (reference === undefined || script?.kind !== 'file') throw new Error(`no ${AGENT}`);
  const sabotage = await readFile(join(HERE, name, 'sabotage.sh'));
  const added = layerOf('sabotage', {
    [AGENT]: { content: await readFile(join(HERE, 'runner.sh')), mode: 0o755 },
    'usr/lib/pre-nixos/agent': { content: script.content, mode: 0o644 },
    'usr/lib/pre-nixos/sabotage.sh': { content: sabotage, mode: 0o644 },
  });
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  for (const entry of reference.entries) if (entry !== script) await put(directory, entry);
  for (const entry of added.entries) await put(directory, entry);
}

async function put(directory: string, entry: CpioEntry): Promise<void> {
  const path = join(directory, entry.path);
  if (entry.kind === 'directory') await mkdir(path, { recursive: true });
  else if (entry.kind === 'symlink') await symlink(entry.target, path);
  else if (entry.kind === 'file') await writeFile(path, entry.content, { mode: entry.mode });
  else throw new Error(`an agent has no devices: ${entry.path}`);
}
