import { readFileSync } from 'node:fs';
import { tree } from './tree.mjs';
import { SetupError } from './setup-error.mjs';

/** True when `version` (`20.9.0`) is at least `minimum` (`20.10`). */
export function atLeast(version, minimum) {
  const have = version.split('.').map(Number);
  const need = minimum.split('.').map(Number);
  for (let index = 0; index < need.length; index += 1) {
    const difference = (have[index] ?? 0) - (need[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** @throws {SetupError} when this Node is older than package.json's `engines` allows */
export function checkNodeVersion(version = process.versions.node) {
  const { engines } = JSON.parse(readFileSync(tree.manifest, 'utf8'));
  const minimum = engines.node.replace(/^>=/, '');
  if (!atLeast(version, minimum)) {
    throw new SetupError(
      'TAPBOOT_E_NODE_VERSION',
      `Node ${version} is too old: tapboot needs ${minimum} or newer`,
      { hint: `put a newer node first on the PATH (this one is ${process.execPath})` },
    );
  }
  return `Node ${version}`;
}
