// Two builders that share the scenarios of a flake: Nix's own remote builders (ssh-ng), each with a
// store of its own.
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import { projectRoot } from '../helpers/run-tapboot.js';
import { addSource, copySmallTree, standIn } from './flake-tree.js';
import { keptNix, unpackedNix } from './kept-nix.js';
import { ended, timed } from './outcome.js';
import { removeStore, type NixOutcome, type SandboxedNix } from './sandboxed-nix.js';
import { smallMachine } from './small-machine.js';
import { makeKeys, SshBuilder } from './ssh-builder.js';

const FEATURES = ['benchmark', 'big-parallel', 'nixos-test'];

/** The builders by name, and what each has beyond {@link FEATURES}. */
const BUILDERS = { plain: [], large: ['large-memory'] } as const;

/** Name of a builder. */
export type BuilderName = keyof typeof BUILDERS;

/** What became of reports that were asked for. */
export interface Farmed extends NixOutcome {
  outputs: string[];
  /** Scenario → builder, in the order in which they began. */
  places: [string, string][];
}

export class Farm {
  readonly nix: SandboxedNix;
  readonly #builders: readonly SshBuilder[];
  readonly #directory: string;
  readonly #store: string;
  readonly #inputs: readonly string[];
  #building = false;

  private constructor(parts: {
    nix: SandboxedNix;
    builders: readonly SshBuilder[];
    directory: string;
    store: string;
    inputs: readonly string[];
  }) {
    this.nix = parts.nix;
    this.#builders = parts.builders;
    this.#directory = parts.directory;
    this.#store = parts.store;
    this.#inputs = parts.inputs;
  }

  /**
   * Starts both builders, and builds here what their scenarios need. All are stopped when the test
   * ends.
   * @param scenarios names; each boots a small machine, and `fourth` only where there is
   *   `large-memory`
   */
  static async start(t: Test, scenarios: readonly string[]): Promise<Farm> {
    const directory = await realpath(await mkdtemp(join(tmpdir(), 'tapboot-farm-')));
    t.teardown(() => removeStore(directory));
    await copySmallTree(join(directory, 'flake'));
    await standIn(join(directory, 'nixpkgs'));
    await writeFlake(join(directory, 'farm'), scenarios);
    const { keys, configure } = await makeKeys(join(directory, 'ssh'));
    const config = join(directory, 'ssh/config');
    const { nix, directory: place } = await keptNix(t, { NIX_SSHOPTS: `-F ${config}` });

    // All three have their store at the same path, as they must: the builders' lie behind it, each
    // in a mount namespace.
    const builders: SshBuilder[] = [];
    t.teardown(async () => {
      for (const builder of builders) await builder.kill();
    });
    const unpacked = await unpackedNix();
    for (const [name, own] of Object.entries(BUILDERS)) {
      const options = { behind: join(directory, name), features: [...FEATURES, ...own] };
      builders.push(await SshBuilder.start(name, keys, unpacked, { directory: place, ...options }));
    }
    await configure(builders);
    const flake = await addSource(nix, join(directory, 'flake'));
    const pinned = await addSource(nix, join(directory, 'nixpkgs'));
    const needed = await timed(t, nix, 'what the scenarios need, built here once', [
      ...['build', '--no-link', `path:${flake}#tapboot`],
      ...['--override-input', 'nixpkgs', `path:${pinned}`, '--no-write-lock-file'],
    ]);
    ended(t, needed);
    const inputs = [
      ...['--override-input', 'tapboot', `path:${flake}`],
      ...['--override-input', 'nixpkgs', `path:${pinned}`],
      ...['--override-input', 'tapboot/nixpkgs', `path:${pinned}`, '--no-write-lock-file'],
    ];
    return new Farm({ nix, builders, directory, store: place, inputs });
  }

  /** Builds reports on the builders, and nowhere else. */
  async build(
    t: Test,
    names: readonly string[],
    onBegin: (scenario: string, builder: string) => void = () => undefined,
  ): Promise<Farmed> {
    const places: [string, string][] = [];
    const machines = Object.entries(BUILDERS).map(([name, own]) => {
      const features = [...FEATURES, ...own].join(',');
      return `ssh-ng://${name} x86_64-linux - 1 1 ${features} - -`;
    });
    const farm = join(this.#directory, 'farm');
    const targets = names.map((name) => `path:${farm}#reports.${name}`);
    this.#building = true;
    const outcome = await timed(
      t,
      this.nix,
      names.join(', '),
      [
        ...['build', '-L', '--keep-going', '--no-link', '--print-out-paths', ...targets],
        ...[...this.#inputs, '--max-jobs', '0', '--builders', machines.join(' ; ')],
      ],
      {
        onLine: (line) => {
          const match = /building '.*-farm-(\w+)-report\.drv' on 'ssh-ng:\/\/(\w+)'/.exec(line);
          const [, scenario, builder] = match ?? [];
          if (scenario === undefined || builder === undefined) return;
          places.push([scenario, builder]);
          onBegin(scenario, builder);
        },
      },
    );
    this.#building = false;
    for (const [scenario, builder] of places) t.comment(`  ${scenario} on ${builder}`);
    const outputs = outcome.stdout.split('\n').filter((line) => line !== '');
    return { ...outcome, outputs, places };
  }

  /** Kills a builder as soon as it builds something: as when the power fails. */
  async killAtWork(name: BuilderName): Promise<void> {
    const builder = this.#builders.find((one) => one.name === name);
    const builds = join(this.#directory, name, 'tmp');
    // A directory for each build, made when it begins.
    const begun = async () =>
      (await readdir(builds)).some((entry) => entry.includes('-report.drv'));
    while (this.#building && !(await begun())) await delay(50);
    await builder?.kill();
  }

  /** Whether a builder has a store path in its own store. */
  made(name: BuilderName, path: string): boolean {
    return existsSync(path.replace(this.#store, join(this.#directory, name)));
  }
}

/** A flake with scenarios of its own; no earlier run has built them. */
async function writeFlake(directory: string, scenarios: readonly string[]): Promise<void> {
  const own = join(directory, 'scenarios');
  await mkdir(own, { recursive: true });
  const answers = join(projectRoot, 'test/nix/verdicts/scenarios/answers.yaml');
  const text = await readFile(answers, 'utf8');
  for (const name of scenarios) {
    const renamed = text.replace('The machine answers', `The ${name} machine answers`);
    await writeFile(join(own, `${name}.yaml`), `# ${randomUUID()}\n${renamed}`);
  }
  await smallMachine(join(directory, 'machine'));
  await cp(join(projectRoot, 'test/nix/farm.nix'), join(directory, 'flake.nix'));
}

/** Reports have come home, and say that all passed. */
export async function passed(t: Test, outputs: readonly string[], count: number): Promise<void> {
  t.equal(outputs.length, count);
  for (const report of outputs) {
    t.match(
      await readFile(join(report, 'report.tap'), 'utf8'),
      /^ok 1 - The \w+ machine answers$/m,
    );
    t.equal((await readFile(join(report, 'exit-code'), 'utf8')).trim(), '0');
  }
}
