import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { asTapbootError, scenarioError } from '../../errors.js';
import { isMissing } from '../../host/atomic-file.js';
import { fileDigest } from '../../host/file-digest.js';
import { bootOption, guestAccess } from '../file/guest-access.js';
import { demandKind } from '../file/readable-file.js';
import type {
  BootImage,
  ImageArtifact,
  ImageProvider,
  ImageSpec,
  ProviderContext,
} from '../image.js';
import { isoMedium } from '../iso/iso-medium.js';
import { type NixCommandOptions, runNix } from './nix-command.js';
import { nixPathInfo } from './path-info.js';
import { isDerivationOutput, isStorePath, storeObjectOf } from './store-path.js';

/** What `nix` without a target builds. */
const DEFAULT_TARGET = '.#bootImage';

/** The ISO of a flake, or of a store path that is there already. */
export const provider: ImageProvider = createNixProvider();

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
      const options = { boot, entry, append };
      const { artifact, ...ways } = await isoMedium(iso, identity, options, context);
      return {
        provider: 'nix',
        spec: spec.text,
        ...ways,
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

/** Names shown when there is no ISO. */
const SHOWN = 20;

/**
 * The one ISO below the outputs of a build; an output may be the ISO itself.
 * @throws TapbootError `scenario` when there is none or more than one, with what was found
 */
export async function findIso(outputs: readonly string[]): Promise<string> {
  const files: string[] = [];
  for (const output of outputs) files.push(...(await filesBelow(output)));
  const isos = files.filter((file) => /\.iso$/i.test(file));
  const [iso] = isos;
  if (iso !== undefined && isos.length === 1) return iso;
  const others = files.slice(0, SHOWN);
  if (files.length > SHOWN) others.push(`… and ${String(files.length - SHOWN)} more`);
  throw scenarioError('TAPBOOT_E_NIX_ISO', 'the result is not an image with exactly one ISO', {
    expected: `exactly one file *.iso below ${outputs.join(', ')}`,
    got: isos.length === 0 ? `none among ${String(files.length)} files` : String(isos.length),
    output: (isos.length === 0 ? others : isos).join('\n'),
    hint: 'Name an attribute that builds one ISO, or give the ISO by its path: file:PATH.',
  });
}

async function filesBelow(path: string): Promise<string[]> {
  try {
    if ((await stat(path)).isFile()) return [path];
    const names = await readdir(path, { recursive: true });
    const paths = names.map((name) => join(path, name)).sort();
    const files = await Promise.all(paths.map(isFile));
    return paths.filter((_found, index) => files[index]);
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw scenarioError('TAPBOOT_E_IMAGE_FILE', `the store path ${path} does not exist`, {
      expected: 'a path in the Nix store of this machine',
      hint: 'Build it, or fetch it: nix-store --realise PATH',
      cause: error,
    });
  }
}

/** Links count as what they lead to; one that leads nowhere is no file. */
async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
