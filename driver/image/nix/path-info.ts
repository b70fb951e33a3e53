import { infraError } from '../../errors.js';
import { runNix, type NixCommandOptions } from './nix-command.js';

/** What a Nix store knows about one of its paths. */
export interface PathInfo {
  storePath: string;
  /** The derivation that built it; absent for a path that was added or copied without it. */
  deriver?: string;
  /** `sha256-…` (or `sha256:…` from an old nix). */
  narHash?: string;
  /** When the path came into this store, Unix seconds. */
  registrationTime?: number;
}

/**
 * Asks the store about a path.
 * @throws TapbootError `infra` when nix fails or prints an unknown format
 */
export async function nixPathInfo(
  storePath: string,
  options: NixCommandOptions,
): Promise<PathInfo> {
  const json = await runNix(['path-info', '--json', '--', storePath], options);
  return parsePathInfo(json, storePath);
}

/**
 * Reads the JSON of `nix path-info --json` in each of its formats: an array of objects with `path`
 * (before 2.19), an object keyed by store path (since), and that object below `info`, in which
 * keys may be base names (the versioned forms of newer releases).
 *
 * @throws TapbootError `infra` when the path is not in it
 */
export function parsePathInfo(json: string, storePath: string): PathInfo {
  const info = findInfo(parse(json), storePath);
  if (info === undefined) {
    throw infraError('TAPBOOT_E_NIX_PATH_INFO', 'nix path-info does not list the image', {
      expected: `JSON with an entry for ${storePath}`,
      got: json.length > 400 ? `${json.slice(0, 400)}…` : json,
      hint: 'Unknown format; please report it with the output of nix --version.',
    });
  }
  const result: PathInfo = { storePath };
  const { deriver, narHash, registrationTime } = info;
  if (typeof deriver === 'string' && deriver !== 'unknown-deriver') {
    result.deriver = deriver.includes('/') ? deriver : `${directoryOf(storePath)}${deriver}`;
  }
  const hash = hashText(narHash);
  if (hash !== undefined) result.narHash = hash;
  if (typeof registrationTime === 'number') result.registrationTime = registrationTime;
  return result;
}

type Json = Record<string, unknown>;

function findInfo(value: unknown, storePath: string): Json | undefined {
  if (Array.isArray(value)) {
    return value.filter(isObject).find((item) => item['path'] === storePath && isValid(item));
  }
  if (!isObject(value)) return undefined;
  const found = value[storePath] ?? value[storePath.slice(directoryOf(storePath).length)];
  if (isObject(found) && isValid(found)) return found;
  return value['info'] === undefined ? undefined : findInfo(value['info'], storePath);
}

/** The array form lists an unknown path too, as `"valid": false`. */
function isValid(info: Json): boolean {
  return info['valid'] !== false;
}

/** A string, or (newer) an object of algorithm, format and hash. */
function hashText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (!isObject(value)) return undefined;
  const { algorithm, format, hash } = value;
  if (typeof algorithm !== 'string' || typeof hash !== 'string') return undefined;
  return format === 'base64' ? `${algorithm}-${hash}` : `${algorithm}:${hash}`;
}

function directoryOf(storePath: string): string {
  return storePath.slice(0, storePath.lastIndexOf('/') + 1);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
