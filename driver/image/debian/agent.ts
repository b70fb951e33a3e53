import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { scenarioError } from '../../errors.js';
import { layerOf, readLayer, type Layer } from '../layers.js';
import type { DebianOptions } from './options.js';

/** Where each of the agent's files goes in a Debian guest. */
const PLACES = {
  'pre-nixos': { path: 'usr/sbin/pre-nixos', mode: 0o755 },
  'pre-nixos.service': { path: 'etc/systemd/system/pre-nixos.service', mode: 0o644 },
  'pre-nixos-network.service': {
    path: 'etc/systemd/system/pre-nixos-network.service',
    mode: 0o644,
  },
  'lan.network': { path: 'etc/systemd/network/10-lan.network', mode: 0o644 },
} as const;

/** Drop-in by which the image lets the agent act; without it the agent only plans. */
const EXEC = '[Service]\nEnvironment=PRE_NIXOS_EXEC=1\n';

/**
 * The layer of the agent that the options ask for; undefined for none.
 *
 * A directory with a file `pre-nixos` at its top is taken as an agent's sources, laid out
 * like `image/agent`; any other directory as a tree of the guest's paths.
 *
 * @throws TapbootError `TAPBOOT_E_LAYER_UNREADABLE` (scenario) when a file cannot be read.
 */
export async function agentLayer(
  agent: DebianOptions['agent'],
  projectRoot: string,
): Promise<Layer | undefined> {
  if (agent.kind === 'none') return undefined;
  const directory = agent.kind === 'directory' ? agent.path : join(projectRoot, 'image/agent');
  const isSource = await stat(join(directory, 'pre-nixos')).then(
    (found) => found.isFile(),
    () => false,
  );
  return isSource ? sourceLayer(directory) : readLayer(directory, 'agent');
}

async function sourceLayer(directory: string): Promise<Layer> {
  const files: Parameters<typeof layerOf>[1] = {
    'etc/systemd/system/pre-nixos.service.d/exec.conf': { content: Buffer.from(EXEC), mode: 0o644 },
    'etc/systemd/system/multi-user.target.wants/pre-nixos.service': {
      target: '/etc/systemd/system/pre-nixos.service',
    },
    'etc/systemd/system/multi-user.target.wants/pre-nixos-network.service': {
      target: '/etc/systemd/system/pre-nixos-network.service',
    },
  };
  for (const [name, { path, mode }] of Object.entries(PLACES)) {
    const content = await readFile(join(directory, name)).catch((cause: unknown) => {
      throw scenarioError('TAPBOOT_E_LAYER_UNREADABLE', `cannot read ${join(directory, name)}`, {
        expected: `an agent's sources: ${Object.keys(PLACES).join(', ')}`,
        got: cause instanceof Error ? cause.message : String(cause),
      });
    });
    files[path] = { content, mode };
  }
  return layerOf('agent', files);
}
