import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import t from 'tap';
import { agentLayer } from '../../../driver/image/debian/agent.js';
import { sabotagedAgents, writeSabotagedAgent } from '../../agents/layer.js';

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));
const AGENT = join(PROJECT, 'image/agent/pre-nixos');

/** Sources the agent and runs a few lines of shell with its functions. */
async function withAgent(lines: string, env: Record<string, string> = {}) {
  const directory = t.testdir();
  const result = await execa('bash', ['-c', `. "$AGENT"\n${lines}`], {
    env: {
      AGENT,
      PRE_NIXOS_RUN_DIR: join(directory, 'run'),
      PRE_NIXOS_LOG: join(directory, 'log'),
      PRE_NIXOS_CONSOLE: join(directory, 'console'),
      ...env,
    },
    reject: false,
  });
  return { stdout: result.stdout, exitCode: result.exitCode, directory };
}

t.test('the agent is plain shell', async (t) => {
  const recipe = join(PROJECT, 'image/debian');
  const bash = await execa('shellcheck', [AGENT, join(PROJECT, 'test/agents/runner.sh')], {
    env: { SHELLCHECK_OPTS: '--exclude=SC1091' },
    reject: false,
  });
  t.equal(bash.stdout, '');
  const sh = await execa(
    'shellcheck',
    [join(recipe, 'customize.sh'), join(recipe, 'rootfs/usr/lib/tapboot/ssh-host-key')],
    { reject: false },
  );
  t.equal(sh.stdout, '');
  const init = await execa('shellcheck', ['--shell=dash', join(recipe, 'initrd/init')], {
    reject: false,
  });
  t.equal(init.stdout, '');
});

t.test('sourcing it runs nothing; a word it does not know is refused', async (t) => {
  const sourced = await withAgent('declare -F main cleanup provision');
  t.equal(sourced.exitCode, 0);
  t.equal(sourced.stdout, 'main\ncleanup\nprovision');
  const wrong = await execa(AGENT, ['erase'], { reject: false });
  t.equal(wrong.exitCode, 2);
  t.match(wrong.stderr, /usage: pre-nixos/);
});

t.test('the status is replaced as a whole', async (t) => {
  const { directory, stdout, exitCode } = await withAgent(
    'write_status plan-only existing-storage; write_status applied auto-applied; ls -A "$RUN_DIR"',
  );
  t.equal(exitCode, 0);
  t.match(stdout, /\nstorage-status$/, 'no temporary file stays');
  t.equal(
    await readFile(join(directory, 'run/storage-status'), 'utf8'),
    'STATE=applied\nDETAIL=auto-applied\n',
  );
});

t.test('decisions', async (t) => {
  // Stands in for what the machine would say; the decisions are the agent's own.
  const machine = `
    settle() { :; }
    find_disks() { DISKS=(/dev/vda /dev/vdb); }
    has_storage() { case " $* " in *" \${OCCUPIED:-none} "*) return 0 ;; *) return 1 ;; esac; }
    cleanup() { echo "cleanup $*"; return "\${CLEANUP_STATUS:-0}"; }
    provision() { echo "provision $*"; return "\${PROVISION_STATUS:-0}"; }
    storage; echo "exit $?"
  `;
  const force = { PRE_NIXOS_FORCE_CLEANUP: '1' };
  const exec = { PRE_NIXOS_EXEC: '1' };
  const cases: [string, Record<string, string>, string[], string, number][] = [
    ['blank', exec, ['provision /dev/vda'], 'applied/auto-applied', 0],
    ['blank, only planning', {}, [], 'plan-only/exec-disabled', 0],
    ['occupied', { ...exec, OCCUPIED: '/dev/vdb' }, [], 'plan-only/existing-storage', 0],
    [
      'occupied, forced',
      { ...exec, ...force, OCCUPIED: '/dev/vdb' },
      ['cleanup /dev/vda /dev/vdb'],
      'plan-only/existing-storage-force-cleanup',
      0,
    ],
    ['blank, forced', { ...exec, ...force }, ['provision /dev/vda'], 'applied/auto-applied', 0],
    [
      'the cleanup fails',
      { ...exec, ...force, OCCUPIED: '/dev/vda', CLEANUP_STATUS: '1' },
      ['cleanup /dev/vda /dev/vdb'],
      'failed/existing-storage-force-cleanup',
      1,
    ],
    [
      'provisioning fails',
      { ...exec, PROVISION_STATUS: '1' },
      ['provision /dev/vda'],
      'failed/auto-applied',
      1,
    ],
  ];
  for (const [name, env, actions, status, exit] of cases) {
    const { stdout, directory } = await withAgent(machine, env);
    const lines = stdout.split('\n');
    const done = lines.filter((line) => /^(cleanup|provision) /.test(line));
    t.strictSame(done, actions, `${name}: does`);
    const written = await readFile(join(directory, 'run/storage-status'), 'utf8');
    t.equal(written.replace(/STATE=(.*)\nDETAIL=(.*)\n/, '$1/$2'), status, `${name}: reports`);
    t.equal(lines.at(-1), `exit ${String(exit)}`, `${name}: ends`);
  }
});

t.test('disks of the running system are out of bounds', async (t) => {
  const { stdout } = await withAgent(
    'for p in / /boot/efi /nix/store /run/live /iso /mnt /srv/data; do ' +
      'is_system_mount "$p" && echo "$p"; done',
  );
  t.strictSame(stdout.split('\n'), ['/', '/boot/efi', '/nix/store', '/run/live', '/iso']);
});

t.test('the layer', async (t) => {
  const layer = await agentLayer({ kind: 'reference' }, PROJECT);
  const paths = layer?.entries.filter((entry) => entry.kind !== 'directory').map((e) => e.path);
  t.strictSame(paths, [
    'etc/systemd/network/10-lan.network',
    'etc/systemd/system/multi-user.target.wants/pre-nixos-network.service',
    'etc/systemd/system/multi-user.target.wants/pre-nixos.service',
    'etc/systemd/system/pre-nixos-network.service',
    'etc/systemd/system/pre-nixos.service',
    'etc/systemd/system/pre-nixos.service.d/exec.conf',
    'usr/sbin/pre-nixos',
  ]);
  t.equal(await agentLayer({ kind: 'none' }, PROJECT), undefined);
  const directory = t.testdir();
  await writeFile(join(directory, 'file'), 'x');
  const tree = await agentLayer({ kind: 'directory', path: directory }, PROJECT);
  t.strictSame(
    tree?.entries.map((entry) => entry.path),
    ['file'],
    'a tree is taken as it is',
  );
  await writeFile(join(directory, 'pre-nixos'), '#!/bin/sh\n');
  await t.rejects(agentLayer({ kind: 'directory', path: directory }, PROJECT), {
    code: 'TAPBOOT_E_LAYER_UNREADABLE',
    message: /pre-nixos\.service/,
  });
});

t.test('sabotaged agents', async (t) => {
  const names = await sabotagedAgents();
  t.ok(names.length >= 10, `${String(names.length)} of them`);
  const table = await readFile(join(PROJECT, 'test/agents/README.md'), 'utf8');
  for (const name of names) {
    t.ok(table.includes(`| \`${name}\` |`), `${name} is in the table`);
    const directory = t.testdir();
    await writeSabotagedAgent(name, directory);
    // Its overrides name functions that the agent has: a renamed one would be no sabotage.
    const script = join(directory, 'usr/lib/pre-nixos');
    const defined = (await readFile(join(script, 'sabotage.sh'), 'utf8')).matchAll(/^(\w+)\(\)/gm);
    const functions = [...defined].map((match) => match[1] ?? '');
    t.ok(functions.length > 0, `${name} replaces ${functions.join(', ')}`);
    await chmod(join(script, 'agent'), 0o644);
    const known = await execa('bash', [
      '-c',
      `. ${script}/agent; declare -F ${functions.join(' ')}`,
    ]);
    t.equal(known.stdout, functions.join('\n'));
  }
});
