import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { infraError } from '../../errors.js';
import type { Apt } from './apt.js';
import { sha256, type Recipe } from './recipe.js';
import { runTool, type ToolContext } from './tools.js';

/** One package in one version. */
export interface PackageVersion {
  name: string;
  version: string;
  architecture: string;
}

/** All that an image is made of. */
export interface PackageSet {
  /** Installed packages, sorted by name. */
  userland: PackageVersion[];
  /** The kernel, which is only unpacked. */
  kernel: PackageVersion;
  /** SHA-256 (hex) over names, versions and architectures. */
  digest: string;
}

/**
 * Asks apt which packages a machine with nothing on it would get. The answer is kept
 * beside apt's lists and asked for again only when these have changed (apt takes seconds).
 *
 * @throws TapbootError `TAPBOOT_E_IMAGE_BUILD` (infra) when apt cannot satisfy the recipe.
 */
export async function resolvePackages(
  context: ToolContext,
  apt: Apt,
  recipe: Pick<Recipe, 'packages' | 'kernelPackage'>,
  directory: string,
): Promise<PackageSet> {
  const question = sha256(apt.fingerprint, ...recipe.packages, recipe.kernelPackage);
  const memo = join(directory, 'apt', `resolved-${apt.lists}.json`);
  const known = await readMemo(memo);
  if (known?.question === question) return known.answer;
  context.progress.stage('resolving packages');
  const userland = await simulate(context, apt, ['?essential', ...recipe.packages]);
  const withKernel = await simulate(context, apt, [recipe.kernelPackage]);
  const kernel = withKernel.find(({ name }) => /^linux-image-\d/.test(name));
  if (kernel === undefined) {
    throw infraError('TAPBOOT_E_IMAGE_BUILD', `${recipe.kernelPackage} depends on no kernel`, {
      got: withKernel.map(({ name }) => name).join(' '),
    });
  }
  const digest = sha256(...[...userland, kernel].map(debFile));
  const answer = { userland, kernel, digest };
  await mkdir(join(directory, 'apt'), { recursive: true });
  await writeFile(`${memo}.${String(process.pid)}`, JSON.stringify({ question, answer }));
  await rename(`${memo}.${String(process.pid)}`, memo);
  return answer;
}

/** File name of a package as apt's cache has it: an epoch's colon is escaped. */
export function debFile({ name, version, architecture }: PackageVersion): string {
  return `${name}_${version.replaceAll(':', '%3a')}_${architecture}.deb`;
}

/** Reads the `Inst` lines of `apt-get --simulate install`, sorted by package name. */
export function parseSimulation(text: string): PackageVersion[] {
  const packages: PackageVersion[] = [];
  // Inst bash (5.2.15-2+b13 Debian:12.15/stable [amd64]) …
  for (const [, name, version, architecture] of text.matchAll(
    /^Inst (\S+) \((\S+) [^[\]]*\[(\w+)\]\)/gm,
  )) {
    if (name !== undefined && version !== undefined && architecture !== undefined) {
      packages.push({ name, version, architecture });
    }
  }
  return packages.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function simulate(
  context: ToolContext,
  apt: Apt,
  names: string[],
): Promise<PackageVersion[]> {
  const args = [...apt.options, '--simulate', 'install', ...names];
  return parseSimulation(await runTool(context, 'apt-get', args));
}

async function readMemo(
  file: string,
): Promise<{ question: string; answer: PackageSet } | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as { question: string; answer: PackageSet };
  } catch {
    return undefined;
  }
}
