// Programs of another Debian suite beside the host's, for tests: packages unpacked into the
// user's cache, each program started by its own loader and libraries. Nothing on the host changes.
import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

/** What is unpacked. */
export interface Unpacking {
  suite: string;
  packages: readonly string[];
  /** Paths of the programs to be started, from the root of the packages. */
  programs: readonly string[];
}

/**
 * Unpacks packages from the mirror that the machine's apt uses, once: what lies at `directory`
 * already and runs is taken. Needs `mmdebstrap` and `patchelf`.
 * @returns absolute paths of the programs
 * @throws Error that says what is missing; tests let it through, so that it is seen
 */
export async function unpackDebian(directory: string, what: Unpacking): Promise<string[]> {
  const programs = what.programs.map((program) => join(directory, program));
  const running = await Promise.all(programs.map(runs));
  if (running.every(Boolean)) return programs;
  await mkdir(dirname(directory), { recursive: true });
  const staging = await mkdtemp(`${directory}.`);
  try {
    const mirror = await debianMirror(what.packages);
    const how = ['--quiet', '--variant=extract', `--include=${what.packages.join(',')}`];
    await execa('mmdebstrap', [...how, '--format=directory', what.suite, staging, mirror]);
    for (const unneeded of ['doc', 'man', 'info', 'locale', 'perl', 'perl5']) {
      await rm(join(staging, 'usr/share', unneeded), { recursive: true, force: true });
    }
    // The programs must start by their own loader and libc, at the place where they will lie;
    // DT_RPATH (unlike RUNPATH) also holds for the libraries' own libraries.
    const libraries = join(directory, 'usr/lib/x86_64-linux-gnu');
    const loader = join(libraries, 'ld-linux-x86-64.so.2');
    const places = ['--force-rpath', '--set-rpath', libraries, '--set-interpreter', loader];
    for (const program of what.programs) {
      await execa('patchelf', [...places, join(staging, program)]);
    }
    await chmod(staging, 0o755);
    await rm(directory, { recursive: true, force: true });
    await rename(staging, directory);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  for (const program of programs) {
    if (!(await runs(program))) throw new Error(`the unpacked ${program} does not run`);
  }
  return programs;
}

/**
 * The archive that the host's own suite comes from, as apt itself reads its sources; package
 * lists need not be there.
 */
async function debianMirror(packages: readonly string[]): Promise<string> {
  const release = await execa('sh', ['-c', '. /etc/os-release && echo "$VERSION_CODENAME"']);
  const { stdout } = await execa('apt-get', ['update', '--print-uris']);
  const end = `/dists/${release.stdout}/InRelease'`;
  const line = stdout.split('\n').find((uri) => uri.startsWith("'") && uri.includes(end));
  if (line !== undefined) return line.slice(1, line.indexOf(end));
  throw new Error(`apt has no source for “${release.stdout}” to take ${packages.join(', ')} from`);
}

/** Whether a program starts and tells its version. */
export async function runs(executable: string): Promise<boolean> {
  try {
    await execa(executable, ['--version']);
    return true;
  } catch {
    return false;
  }
}
