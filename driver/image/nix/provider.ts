import { performance } from 'node:perf_hooks';
import { realpath } from 'node:fs/promises';
import { asTapbootError, scenarioError } from '../../errors.js';
import { fileDigest } from '../../host/file-digest.js';
import { bootOption, guestAccess } from '../file/guest-access.js';
import { demandKind } from '../file/readable-file.js';
import type { BootImage, ImageArtifact, ImageProvider, ImageSpec } from '../image.js';
import type { ProviderContext } from '../image.js';
import { isoMedium } from '../iso/iso-medium.js';
import { findIso } from './find-iso.js';
import { runNix, type NixCommandOptions } from './nix-command.js';
import { nixPathInfo } from './path-info.js';
import { isDerivationOutput, isStorePath, storeObjectOf } from './store-path.js';

/** What `nix` without a target builds. */
const DEFAULT_TARGET = '.#bootImage';

/** The ISO of a flake, or of a store path that is there already. */
export const nixProvider: ImageProvider = createNixProvider();

/**
 * @param executable the program to run as nix: a name on PATH or a path
 */
export function createNixProvider(executable = 'nix'): ImageProvider {
  return {
    name: 'nix',
    async provide(spec, context): Promise<BootImage> {
      const boot = bootOption(spec.options, ['direct', 'bios', 'uefi'], 'for an ISO');
      const { entry, append } = spec.options;
      const access = guestAccess(spec.options);
      const nix: NixCommandOptions = {
        executable,
        cwd: context.workingDirectory,
        onLine: (line) => {
          context.progress.log(`nix: ${line}`);
        },
        signal: context.signal,
      };
      const { target } = spec;
      const built =
        isStorePath(target) && !isDerivationOutput(target)
          ? await finished(target, nix, context)
          : await build(spec, nix, context);
      const iso = await realpath(built.iso);
      await demandKind(iso, 'boot image', ['iso'], 'an ISO 9660 image');
      const identity = await fileDigest(iso, context);
      const { medium, artifact } = await isoMedium(
        iso,
        identity,
        {
          boot,
          entry,
          append,
        },
        context,
      );
      return {
        provider: 'nix',
        spec: spec.text,
        medium,
        access,
        identity,
        artifact: { iso_path: iso, sha256: identity, ...built.artifact, ...artifact },
        cached: built.buildSeconds === undefined,
        buildSeconds: built.buildSeconds,
      };
    },
  };
}

interface Built {
  iso: string;
  artifact: ImageArtifact;
  buildSeconds?: number;
}

/**
 * `nix build`: what is in the store already, at the time the command starts, is a cache hit,
 * told by the time at which the store registered the path (whole seconds).
 */
async function build(
  spec: ImageSpec,
  nix: NixCommandOptions,
  context: ProviderContext,
): Promise<Built> {
  const installable = installableOf(spec);
  context.progress.stage(`building ${installable} with nix`);
  const startedAt = Math.floor(Date.now() / 1000);
  const before = performance.now();
  const command = ['build', '--no-link', '--print-out-paths', '--print-build-logs'];
  const stdout = await runNix([...command, '--', installable], nix);
  const buildSeconds = (performance.now() - before) / 1000;
  const outputs = stdout.split('\n').filter((line) => line !== '');
  const iso = await findIso(outputs);
  const storePath = outputs.find((output) => iso === output || iso.startsWith(`${output}/`));
  const info = await nixPathInfo(storePath ?? iso, nix);
  const cached = info.registrationTime !== undefined && info.registrationTime < startedAt;
  return {
    iso,
    artifact: provenance(info, installable),
    buildSeconds: cached ? undefined : buildSeconds,
  };
}

/** A path that is in the store already needs no nix; without one its provenance stays unknown. */
async function finished(
  target: string,
  nix: NixCommandOptions,
  context: ProviderContext,
): Promise<Built> {
  const iso = await findIso([target]);
  const storePath = storeObjectOf(target) ?? target;
  try {
    return { iso, artifact: provenance(await nixPathInfo(storePath, nix)) };
  } catch (error) {
    if (context.signal?.aborted === true) throw error;
    const { message, code } = asTapbootError(error);
    context.progress.log(`note: the provenance of ${storePath} is not known: ${message} [${code}]`);
    return { iso, artifact: { store_path: storePath } };
  }
}

function provenance(
  info: { storePath: string; deriver?: string; narHash?: string },
  installable?: string,
): ImageArtifact {
  return {
    store_path: info.storePath,
    deriver: info.deriver,
    nar_hash: info.narHash,
    installable,
  };
}

function installableOf(spec: ImageSpec): string {
  if (spec.target === '') return DEFAULT_TARGET;
  if (spec.target.startsWith('#')) return `.${spec.target}`;
  if (!spec.target.startsWith('-')) return spec.target;
  throw scenarioError('TAPBOOT_E_IMAGE_SPEC', 'the target of the provider “nix” is no flake', {
    expected: 'nix:FLAKE#ATTRIBUTE, nix:/nix/store/…, or nix alone for .#bootImage',
    got: spec.text,
  });
}
