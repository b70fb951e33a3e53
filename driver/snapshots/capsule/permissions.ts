import { scenarioError, type TapbootError } from '../../errors.js';
import { isStorePath } from '../../image/nix/store-path.js';
import { parseImageSpec } from '../../image/spec.js';
import type { Machine } from '../../language/machine-shape.js';
import type { Capsule } from './format.js';

/**
 * What a capsule may ask of the host that opens it. Whoever made the capsule chose it, so none of
 * it happens unless the person who opens the capsule allows it.
 *
 * - `network`: the machine reaches the networks of this host, as `network: internet` says
 * - `host-files`: replayed `copy` steps read the files of this host that the capsule names
 * - `image`: the image SPEC in the capsule builds what it names, or is trusted under `--force`
 */
export type Permission = 'network' | 'host-files' | 'image';

/**
 * The machine as it may be started here: one that could go out is isolated, unless that is
 * allowed. QEMU's network is no part of a snapshot, so it restores all the same.
 * @param say told what is kept from the machine
 */
export function machineAllowed(
  { machine }: Capsule['scenario'],
  allow: ReadonlySet<Permission>,
  say: (line: string) => void,
): Machine {
  if (machine.network !== 'internet' || allow.has('network')) return machine;
  say('the machine had network: internet; here it is isolated (--allow network changes that)');
  return { ...machine, network: 'isolated' };
}

/**
 * Looks whether the steps to be replayed read files of this host.
 * @param behind the steps that the machine has behind it
 * @param replay how many it shall have
 * @throws TapbootError `scenario` TAPBOOT_E_CAPSULE_PERMISSION naming the files
 */
export function demandHostFiles(
  { scenario: { steps } }: Capsule,
  { behind, replay }: { behind: number; replay: number },
  allow: ReadonlySet<Permission>,
): void {
  if (allow.has('host-files')) return;
  const files = steps
    .slice(behind, replay)
    .flatMap((step) =>
      step.kind === 'copy' && step.transfer.direction === 'in' ? [step.transfer.host] : [],
    );
  if (files.length === 0) return;
  throw refused('the steps before this moment copy files of this host into the machine', {
    got: files.join(', '),
    hint: 'If the machine may have them: --allow host-files. Else choose another --at.',
  });
}

/**
 * The SPEC of the image to restore on.
 * @param named by the person, who may name anything
 * @throws TapbootError `scenario` TAPBOOT_E_CAPSULE_PERMISSION when the capsule's own SPEC would
 *   build something, or replace an image by another one (`force`)
 */
export function imageAllowed(
  { image: { spec: text } }: Capsule,
  named: string | undefined,
  { allow, force }: { allow: ReadonlySet<Permission>; force: boolean },
): string {
  if (named !== undefined) return named;
  if (allow.has('image')) return text;
  const { provider, target, options } = parseImageSpec(text);
  const builds = provider === 'nix' && !isStorePath(target);
  const plain = provider === 'debian' && Object.keys(options).every((key) => key === 'boot');
  // Without force the image has to have the digest that the capsule names: nothing new comes of it.
  if (!builds && (plain || !force)) return text;
  throw refused(
    builds
      ? 'the capsule names an image that would be built on this host'
      : 'with --force the capsule would choose which files of this host the machine gets',
    {
      got: text,
      hint: 'Name the image: --image SPEC; or take that of the capsule: --allow image.',
    },
  );
}

const refused = (message: string, details: { got: string; hint: string }): TapbootError =>
  scenarioError('TAPBOOT_E_CAPSULE_PERMISSION', message, {
    expected: 'nothing of this host but what was allowed',
    ...details,
  });
