// Two builders share the scenarios of a flake: Nix's own remote builders (ssh-ng), each with a store
// of its own. One is killed in the midst of its work, and the run completes on the other.
import { cp, mkdir, mkdtemp, readFile, realpath, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import { userCacheDirectory } from '../../driver/config/cache-directory.js';
import { projectRoot } from '../helpers/run-tapboot.js';
import { copyTree, standIn } from './flake-tree.js';
import { removeStore, SandboxedNix, type NixOutcome } from './sandboxed-nix.js';
import { makeKeys, SshBuilder } from './ssh-builder.js';
import { nixForTests } from './unpack-nix.js';

// Builds and boots under emulation, on few cores shared with others.
t.setTimeout(30 * 60 * 1000);

const directory = await realpath(await mkdtemp(join(tmpdir(), 'tapboot-farm-')));
t.teardown(() => removeStore(directory));
const flake = join(directory, 'flake');
const pinned = join(directory, 'nixpkgs');
const farm = join(directory, 'farm');
await copyTree(flake);
await standIn(pinned);

// Four scenarios that boot one machine each, and one of them only where it is allowed to.
const answers = await readFile(
  join(projectRoot, 'test/nix/consumer/scenarios/answers.yaml'),
  'utf8',
);
await mkdir(join(farm, 'scenarios'), { recursive: true });
for (const name of ['first', 'second', 'third', 'fourth']) {
  await writeFile(
    join(farm, 'scenarios', `${name}.yaml`),
    answers.replace('The machine answers', `The ${name} machine answers`),
  );
}
await cp(join(projectRoot, 'test/nix/farm.nix'), join(farm, 'flake.nix'));

// All three have their store at the same path, as they must: the builders' lie behind it, each in
// a mount namespace.
const place = join(directory, 'nix');
const unpacked = await nixForTests(userCacheDirectory({ HOME: homedir(), ...process.env }));
const { keys, configure } = await makeKeys(join(directory, 'ssh'));
const features = ['benchmark', 'big-parallel', 'nixos-test'];
const builders: SshBuilder[] = [];
t.teardown(async () => {
  for (const builder of builders) await builder.kill();
});
for (const [name, own] of [
  ['plain', []],
  ['large', ['large-memory']],
] as const) {
  const options = { behind: join(directory, name), features: [...features, ...own] };
  builders.push(await SshBuilder.start(name, keys, unpacked, { directory: place, ...options }));
}
const { stdout: registry } = await execa('npm', ['config', 'get', 'registry'], { cwd: tmpdir() });
const nix = await SandboxedNix.make(unpacked, {
  directory: place,
  env: { npm_config_registry: registry, NIX_SSHOPTS: `-F ${await configure(builders)}` },
});
const inputs = [
  ...['--override-input', 'tapboot', `path:${flake}`],
  ...['--override-input', 'nixpkgs', `path:${pinned}`],
  ...['--override-input', 'tapboot/nixpkgs', `path:${pinned}`, '--no-write-lock-file'],
];
const machines = builders
  .map(({ name }) => {
    const extra = name === 'large' ? ',large-memory' : '';
    return `ssh-ng://${name} x86_64-linux - 1 1 ${features.join(',')}${extra} - -`;
  })
  .join(' ; ');

interface Farmed {
  exitCode: number | undefined;
  stderr: string;
  outputs: string[];
  /** Scenario → builder, in the order in which they began. */
  places: [string, string][];
}

/** Builds reports on the builders, and nowhere else. */
async function onFarm(
  t: Test,
  names: readonly string[],
  onBegin: (scenario: string, builder: string) => void = () => undefined,
): Promise<Farmed> {
  const places: [string, string][] = [];
  const targets = names.map((name) => `path:${farm}#reports.${name}`);
  const started = performance.now();
  const { exitCode, stdout, stderr } = await nix.run(
    [
      ...['build', '-L', '--keep-going', '--no-link', '--print-out-paths', ...targets, ...inputs],
      ...['--max-jobs', '0', '--builders', machines],
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
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  t.comment(`${names.join(', ')}: exit code ${String(exitCode)}, ${seconds} s`);
  for (const [scenario, builder] of places) t.comment(`  ${scenario} on ${builder}`);
  return { exitCode, stderr, outputs: stdout.split('\n').filter((line) => line !== ''), places };
}

/** Asserts that a command succeeded; shows the end of its log when it did not. */
function succeeds(t: Test, outcome: Pick<NixOutcome, 'exitCode' | 'stderr'>): void {
  if (t.equal(outcome.exitCode, 0)) return;
  t.comment(outcome.stderr.split('\n').slice(-60).join('\n'));
}

/** Reports have come home, and say that all passed. */
async function passed(t: Test, outputs: readonly string[], count: number): Promise<void> {
  t.equal(outputs.length, count);
  for (const report of outputs) {
    t.match(
      await readFile(join(report, 'report.tap'), 'utf8'),
      /^ok 1 - The \w+ machine answers$/m,
    );
    t.equal((await readFile(join(report, 'exit-code'), 'utf8')).trim(), '0');
  }
}

t.test('what the scenarios need is built here, once', async (t) => {
  const outcome = await nix.run([
    ...['build', '--no-link', `path:${flake}#tapboot`, `path:${flake}#bootImage`],
    ...['--override-input', 'nixpkgs', `path:${pinned}`, '--no-write-lock-file'],
  ]);
  succeeds(t, outcome);
});

t.test('two scenarios spread over both builders', async (t) => {
  const run = await onFarm(t, ['first', 'fourth']);
  succeeds(t, run);
  t.same(new Map(run.places).get('fourth'), 'large', 'requiredSystemFeatures are honoured');
  t.same(new Set(run.places.map(([, builder]) => builder)), new Set(['plain', 'large']));
  await passed(t, run.outputs, 2);
  for (const [scenario, builder] of run.places) {
    const report = run.outputs.find((output) => output.endsWith(`-farm-${scenario}-report`)) ?? '';
    for (const { name } of builders) {
      const there = existsSync(report.replace(place, join(directory, name)));
      t.equal(there, name === builder, `${scenario} was ${there ? '' : 'not '}made on ${name}`);
    }
  }
});

t.test('a builder is killed mid-run, and the run completes on the other', async (t) => {
  const victim = builders[0];
  if (victim === undefined) throw new Error('there is no builder');
  let killed: Promise<void> | undefined;
  const run = await onFarm(t, ['second', 'third'], (_scenario, builder) => {
    if (builder === victim.name) killed ??= victim.kill();
  });
  await killed;
  t.ok(killed, 'it was killed while it worked');
  t.not(run.exitCode, 0, 'what it had is lost, and nix says so');
  const lost = run.places.find(([, builder]) => builder === victim.name)?.[0] ?? '';
  t.match(['second', 'third'].includes(lost), true);

  // The same command again: what was done stays done, the rest goes to who is left.
  const again = await onFarm(t, ['second', 'third']);
  succeeds(t, again);
  t.same(again.places, [[lost, 'large']], 'only what was lost, and on the other');
  await passed(t, again.outputs, 2);
});
