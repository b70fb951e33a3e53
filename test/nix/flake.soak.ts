// The flake as a whole, from an empty store: what takes long, and shows little beyond
// flake.test.ts. Run by hand or by a soak: node --import tsx test/nix/flake.soak.ts
import { cp, mkdir, mkdtemp, readFile, realpath } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { projectRoot } from '../helpers/run-tapboot.js';
import { tapTree } from '../helpers/tap-tree.js';
import { copyTree, giveImage, standIn } from './flake-tree.js';
import { npmSettings, unpackedNix } from './kept-nix.js';
import { ended, says, timed } from './outcome.js';
import { removeStore, SandboxedNix } from './sandboxed-nix.js';

// Builds and boots under emulation, on few cores shared with others.
t.setTimeout(60 * 60 * 1000);

const directory = await realpath(await mkdtemp(join(tmpdir(), 'tapboot-flake-')));
t.teardown(() => removeStore(directory));
const flake = join(directory, 'flake');
const pinned = join(directory, 'nixpkgs');
await copyTree(flake);
await standIn(pinned);
const nix = await SandboxedNix.make(await unpackedNix(), {
  directory: join(directory, 'nix'),
  env: await npmSettings(),
});
await giveImage(nix, pinned);
const inputs = ['--override-input', 'nixpkgs', `path:${pinned}`, '--no-write-lock-file'];
const consumerInputs = [
  ...['--override-input', 'tapboot', `path:${flake}`],
  ...['--override-input', 'nixpkgs', `path:${pinned}`],
  ...['--override-input', 'tapboot/nixpkgs', `path:${pinned}`, '--no-write-lock-file'],
];

t.test('nix flake check fetches npm’s packages, lints all, and boots all scenarios', async (t) => {
  const args = ['flake', 'check', '-L', '--keep-going', `path:${flake}`, ...inputs];
  const outcome = await timed(t, nix, 'nix flake check', args);
  ended(t, outcome);
  says(t, outcome.stderr, /building '.*-tapboot-npm-tarballs\.drv'/);
  says(t, outcome.stderr, /tapboot-scenarios> 4 scenarios, 1 plan, no problem/);
  says(t, outcome.stderr, /tapboot-lint> ok {3}eslint/);
  const check = `path:${flake}#checks.x86_64-linux.vmTests`;
  const built = await nix.run(['build', check, ...inputs, '--no-link', '--print-out-paths']);
  ended(t, built);
  const tap = await readFile(join(built.stdout.trim(), 'report/report.tap'), 'utf8');
  for (const line of tap.split('\n').filter((line) => /^(not ok|ok|# )/.test(line)))
    t.comment(line);
  t.equal(tapTree(tap).ok, true);
  t.match(tap, /^1\.\.4$/m, 'all four scenarios');
  t.equal(
    tap.match(/^(?: {4})?# boot: booted \S+ \(/gm)?.length,
    1,
    'one boot for all; blank disks need no second machine',
  );
  const metrics = join(built.stdout.trim(), 'report/nix-support/hydra-metrics');
  t.match(await readFile(metrics, 'utf8'), /^scenario\.removes-raid-lvm-residue/m);
});

t.test('nix develop -c npm test builds the checkout, too', async (t) => {
  const work = join(directory, 'work');
  await cp(flake, work, { recursive: true });
  const npmTest = await timed(
    t,
    nix,
    'nix develop -c npm test',
    ['develop', `path:${flake}`, ...inputs, '-c', 'npm', 'test', '--', 'test/unit/errors.test.ts'],
    { cwd: work },
  );
  ended(t, npmTest);
  t.match(npmTest.stdout, /^[1-9]\d* passed, 0 failed$/m);
  t.ok(existsSync(join(work, 'dist/driver/index.js')));
});

t.test('a consumer, and the template, boot the flake’s own image', async (t) => {
  const consumer = join(directory, 'consumer');
  await cp(join(projectRoot, 'test/nix/consumer'), consumer, { recursive: true });
  const passed = await timed(t, nix, 'a consumer’s nix flake check', [
    ...['flake', 'check', '-L', `path:${consumer}`, ...consumerInputs],
  ]);
  ended(t, passed);
  says(t, passed.stderr, /vm-tests-report> ok 1 - The machine answers/);

  const place = join(directory, 'template');
  await mkdir(place);
  ended(t, await nix.run(['flake', 'init', '--template', `path:${flake}`], { cwd: place }));
  const outcome = await timed(t, nix, 'the template’s nix flake check', [
    ...['flake', 'check', '-L', `path:${place}`, ...consumerInputs],
  ]);
  ended(t, outcome);
  says(t, outcome.stderr, /vm-tests-report> ok 1 - The image boots and has its tools/);
});
