// A Nix that builds in its sandbox, on a store of its own, on a machine that has none. The sandbox
// sees the host's /usr (the stand-in's packages lead there) and nothing of /etc; around it both are
// read-only, since a build may run as root.
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { exportPlaces, privateNix } from './private-nix.js';
import type { UnpackedNix } from './unpack-nix.js';

export interface SandboxedNixOptions {
  /** Directory of store, state and settings, as every path in the store has it. */
  directory: string;
  /** Where `directory` really lies, for a Nix in a mount namespace that puts it there. */
  behind?: string;
  /** What `requiredSystemFeatures` may ask for; without `kvm` builds have no /dev/kvm. */
  features?: readonly string[];
  /** In the environment of nix, and so of what it downloads with. */
  env?: Readonly<Record<string, string>>;
}

/** What a command of nix did. */
export interface NixOutcome {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

const FEATURES = ['benchmark', 'big-parallel', 'nixos-test'];

export class SandboxedNix {
  /** The program to start instead of `nix`. */
  readonly program: string;
  /** Store, as paths in it begin. */
  readonly store: string;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(program: string, store: string, env: Readonly<Record<string, string>>) {
    this.program = program;
    this.store = store;
    this.#env = env;
  }

  static async make(nix: UnpackedNix, options: SandboxedNixOptions): Promise<SandboxedNix> {
    const { directory, behind = directory } = options;
    await mkdir(directory, { recursive: true });
    const settings = [
      'experimental-features = nix-command flakes',
      'max-jobs = 2',
      'sandbox = true',
      'sandbox-fallback = false',
      'sandbox-paths = /usr /lib=/usr/lib /lib64=/usr/lib64 /bin=/usr/bin',
      `system-features = ${(options.features ?? FEATURES).join(' ')}`,
      // Ours are short-lived; asking the disk after each path would only take time.
      'fsync-metadata = false',
      // What made a path that is kept is kept, too.
      'keep-outputs = true',
    ];
    const places = await privateNix(directory, settings, behind);
    const bind = behind === directory ? [] : [`mount --bind '${behind}' '${directory}'`];
    // A builder is killed as a whole: nothing of it may live on in a corner.
    const own = behind === directory ? [] : ['--pid', '--fork', '--kill-child', '--mount-proc'];
    const inside = [
      'set -e',
      ...bind,
      'for path in /usr /etc; do',
      '  mount --rbind "$path" "$path"',
      '  mount -o remount,ro,bind "$path"',
      'done',
      `exec '${nix.executable}' "$@"`,
    ];
    const script = [
      '#!/bin/sh',
      ...exportPlaces(places),
      'root=; [ "$(id -u)" = 0 ] || root=--map-root-user',
      `exec unshare $root --mount --propagation private ${own.join(' ')} sh -c '`,
      inside.join('\n').replaceAll("'", `'\\''`),
      `' nix "$@"`,
      '',
    ];
    const program = join(behind, 'bin/nix');
    await writeFile(program, script.join('\n'));
    await chmod(program, 0o755);
    return new SandboxedNix(program, places.NIX_STORE_DIR, options.env ?? {});
  }

  /**
   * Runs a command, without judging how it ends.
   * @param onLine told of each line on stderr as it comes
   */
  async run(
    args: readonly string[],
    { cwd, onLine }: { cwd?: string; onLine?: (line: string) => void } = {},
  ): Promise<NixOutcome> {
    const child = execa(this.program, args, {
      reject: false,
      stdin: 'ignore',
      env: { NO_COLOR: '1', LC_ALL: 'C.UTF-8', ...this.#env },
      cwd,
    });
    if (onLine !== undefined) createInterface({ input: child.stderr }).on('line', onLine);
    const { exitCode, stdout, stderr } = await child;
    return { exitCode, stdout, stderr };
  }
}

/** A store's directories are read-only, for their owner too. */
export async function removeStore(directory: string): Promise<void> {
  await execa('chmod', ['-R', 'u+w', directory], { reject: false });
  await rm(directory, { recursive: true, force: true });
}
