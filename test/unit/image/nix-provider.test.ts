import { execa } from 'execa';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { userCacheDirectory } from '../../../driver/config/cache-directory.js';
import type { ProviderContext } from '../../../driver/image/image.js';
import { createNixProvider } from '../../../driver/image/nix/provider.js';
import { parseImageSpec } from '../../../driver/image/spec.js';
import { isolatedNix, nixForTests } from '../../nix/unpack-nix.js';
import { initrd, kernel, makeIso, sampleContext } from './sample-images.js';

/** Derivations without nixpkgs: the host's shell and coreutils build them, unsandboxed. */
const FLAKE = `{
  outputs = { self }:
    let
      build = name: script: derivation {
        inherit name;
        system = builtins.currentSystem or "x86_64-linux";
        builder = "/bin/sh";
        args = [ "-c" "PATH=${process.env['PATH'] ?? ''}; \${script}; exit $?" ];
      };
      iso = ./image.iso;
    in {
      packages.x86_64-linux = {
        bootImage = build "image" "echo building the image >&2; mkdir -p $out/iso; cp \${iso} $out/iso/x.iso";
        file = build "image.iso" "cp \${iso} $out";
        linked = build "linked" "mkdir $out; ln -s \${self.packages.x86_64-linux.bootImage}/iso/x.iso $out/l.iso; ln -s /gone $out/g.iso";
        none = build "none" "mkdir $out; echo > $out/readme";
        two = build "two" "mkdir $out; cp \${iso} $out/a.iso; cp \${iso} $out/b.iso";
        fake = build "fake" "mkdir $out; echo no ISO > $out/a.iso";
        broken = build "broken" "echo about to fail >&2; exit 3";
        dependent = build "dependent" "cat \${self.packages.x86_64-linux.broken} > $out";
        slow = build "slow" "echo has started >&2; sleep 600";
        wrong = throw "no such luck";
      };
    };
}`;

/** One Nix for all tests of this file: unpacked once per user, with a store of its own here. */
// Outside the project: within a git work tree nix would look for the flake in git.
const directory = mkdtempSync(join(realpathSync(tmpdir()), 'tapboot-nix-'));
mkdirSync(join(directory, 'flake'));
writeFileSync(join(directory, 'flake/flake.nix'), FLAKE);
const cache = userCacheDirectory(process.env);
const executable = await isolatedNix(await nixForTests(cache), join(directory, 'nix'));
const flake = join(directory, 'flake');
await makeIso(
  join(directory, 'image.iso'),
  {
    k: kernel('k'),
    i: initrd('i'),
    'isolinux.cfg': 'label a\nkernel k\nappend initrd=i root=LABEL=x\n',
  },
  ['bios'],
);
await execa('cp', [join(directory, 'image.iso'), flake]);
t.teardown(async () => {
  // The store's directories are read-only, for their owner too.
  await execa('chmod', ['-R', 'u+w', directory]);
  rmSync(directory, { recursive: true, force: true });
});

const contextAt = (workingDirectory: string) => ({ ...sampleContext(directory), workingDirectory });
const provide = (text: string, context: ProviderContext = contextAt(flake), nix = executable) =>
  createNixProvider(nix).provide(parseImageSpec(text, context.workingDirectory), context);

t.test('a recipe in the store is built, as the shell of a flake names its image', async (t) => {
  const features = ['--extra-experimental-features', 'nix-command flakes'];
  const args = ['path-info', '--derivation', `path:${flake}#file`];
  const { stdout: recipe } = await execa(executable, [...features, ...args]);
  t.match(recipe, /-image\.iso\.drv$/);
  const image = await provide(`nix:${recipe}^out`);
  t.match(image.artifact.store_path, /-image\.iso$/);
  t.equal(image.artifact.deriver, recipe);
});

t.test('a flake is built, with provenance; the second time it is there', async (t) => {
  const context = contextAt(flake);
  const image = await provide('nix', context);
  const store = String(image.artifact.store_path);
  t.match(store, new RegExp(`^${join(directory, 'nix/store')}/[0-9a-z]{32}-image$`));
  t.match(image, {
    provider: 'nix',
    spec: 'nix',
    medium: { kind: 'cd', iso: join(store, 'iso/x.iso'), firmware: 'bios' },
    access: { root: 'auto', user: 'root' },
    artifact: {
      iso_path: join(store, 'iso/x.iso'),
      deriver: /-image\.drv$/,
      nar_hash: /^sha256-/,
      installable: '.#bootImage',
    },
    cached: false,
    buildSeconds: Number,
  });
  const hash = await execa(executable, [
    ...['--extra-experimental-features', 'nix-command', 'hash', 'path', store],
  ]);
  t.equal(image.artifact.nar_hash, hash.stdout, 'as nix itself hashes the path');
  t.match(context.lines, [/./]);
  t.match(context.lines.join('\n'), /nix: image> building the image/, 'the log is streamed');

  // The store notes whole seconds: the next one has to begin for the path to be older.
  await delay(1000 - (Date.now() % 1000));
  const again = await provide('nix:.#bootImage');
  t.equal(again.cached, true);
  t.equal(again.buildSeconds, undefined);
  t.equal(again.identity, image.identity);

  const bare = await provide(store, contextAt('/'));
  t.match(bare, { provider: 'nix', cached: true, identity: image.identity });
  t.equal(bare.artifact.nar_hash, hash.stdout);
  t.notOk(existsSync(join(flake, 'result')), 'no link is left in the working directory');

  symlinkSync(store, join(directory, 'result'));
  const direct = await provide('result,boot=direct', contextAt(directory));
  t.match(direct.medium, { kind: 'direct', append: 'root=LABEL=x' });

  const withoutNix = contextAt('/');
  const offline = await provide(`nix:${store}`, withoutNix, join(directory, 'no-such-nix'));
  t.equal(offline.identity, image.identity, 'a path in the store needs no nix');
  t.equal(offline.artifact.store_path, store);
  t.match(withoutNix.lines.join('\n'), /provenance .* not known: .*TAPBOOT_E_NIX_MISSING/);
});

t.test('the ISO may be the output itself, or a link', async (t) => {
  const file = await provide('nix:#file');
  t.match(file.artifact.iso_path, /-image\.iso$/);
  t.equal(file.artifact.iso_path, file.artifact.store_path);
  const linked = await provide(`nix:path:${flake}#linked`, contextAt('/'));
  t.match(linked.artifact.store_path, /-linked$/);
  t.equal(linked.artifact.iso_path, realpathSync(linked.artifact.iso_path ?? ''));
});

t.test('what goes wrong is told apart', async (t) => {
  const empty = join(directory, 'empty');
  mkdirSync(empty, { recursive: true });
  const old = join(directory, 'old-nix');
  writeFileSync(old, '#!/bin/sh\necho "error: unrecognised flag \'$1\'" >&2\nexit 1\n');
  chmodSync(old, 0o755);
  const cases: [string, ProviderContext, string, object][] = [
    ['nix:.#none', contextAt(flake), 'TAPBOOT_E_NIX_ISO', { details: { output: /readme/ } }],
    [
      'nix:.#two',
      contextAt(flake),
      'TAPBOOT_E_NIX_ISO',
      { details: { output: /a\.iso\n.*b\.iso/ } },
    ],
    ['nix:.#fake', contextAt(flake), 'TAPBOOT_E_IMAGE_KIND', { details: { expected: /ISO 9660/ } }],
    ['nix:.#nope', contextAt(flake), 'TAPBOOT_E_NIX_ATTRIBUTE', { failureClass: 'scenario' }],
    ['nix', contextAt(empty), 'TAPBOOT_E_NIX_FLAKE', { failureClass: 'scenario' }],
    ['nix:./gone#x', contextAt(flake), 'TAPBOOT_E_NIX_FLAKE', { failureClass: 'scenario' }],
    [
      'nix:.#broken',
      contextAt(flake),
      'TAPBOOT_E_NIX_BUILD',
      { failureClass: 'infra', details: { output: /about to fail/, got: /status 1/ } },
    ],
    ['nix:.#dependent', contextAt(flake), 'TAPBOOT_E_NIX_BUILD', { details: { output: /broken/ } }],
    [
      'nix:.#wrong',
      contextAt(flake),
      'TAPBOOT_E_NIX_FAILED',
      { details: { output: /no such luck/ } },
    ],
    ['nix:--impure', contextAt(flake), 'TAPBOOT_E_IMAGE_SPEC', { failureClass: 'scenario' }],
    ['nix:.#file,boot=grub', contextAt(flake), 'TAPBOOT_E_IMAGE_OPTION_VALUE', {}],
    [`/nix/store/${'a'.repeat(32)}-gone`, contextAt('/'), 'TAPBOOT_E_IMAGE_FILE', {}],
  ];
  for (const [text, context, code, more] of cases) {
    await t.rejects(provide(text, context), { code, ...more }, text);
  }
  await t.rejects(provide('nix', contextAt(flake), join(directory, 'no-such-nix')), {
    code: 'TAPBOOT_E_NIX_MISSING',
    failureClass: 'infra',
  });
  await t.rejects(provide('nix', contextAt(flake), old), { code: 'TAPBOOT_E_NIX_FLAKES' });
});

t.test('a build that is no longer wanted is stopped', async (t) => {
  const controller = new AbortController();
  const context = contextAt(flake);
  const progress = {
    ...context.progress,
    log: (line: string) => {
      context.lines.push(line);
      if (line.includes('has started')) controller.abort();
    },
  };
  await t.rejects(provide('nix:.#slow', { ...context, progress, signal: controller.signal }), {
    code: 'TAPBOOT_E_NIX_CANCELLED',
  });
});
