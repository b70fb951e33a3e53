import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { isDebianLike } from '../../../driver/host/debian-like.js';
import { diskFree } from '../../../driver/host/disk-free.js';
import { hostChecks } from '../../../driver/host/doctor.js';
import { findTool, locateTool } from '../../../driver/host/find-tool.js';
import { hostPackages, type HostPackage } from '../../../driver/host/packages.js';
import { toolVersion } from '../../../driver/host/tool-version.js';

const root = join(import.meta.dirname, '../../..');

async function tool(directory: string, name: string, script: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

const example = (extra: Partial<HostPackage> = {}): HostPackage => ({
  name: 'example',
  for: 'run',
  reason: 'shows how',
  commands: [],
  files: [],
  ...extra,
});

t.test('the shipped table of packages is readable', async (t) => {
  const packages = await hostPackages(root);
  const qemu = packages.find(({ name }) => name === 'qemu-system-x86');
  t.match(qemu, { for: 'run', commands: ['qemu-system-x86_64'] });
});

t.test('a missing or damaged table is an error of the installation', async (t) => {
  await t.rejects(hostPackages(t.testdir({})), { code: 'TAPBOOT_E_INSTALLATION' });
  const damaged = t.testdir({ bin: { 'host-packages.json': '{"packages": [{"name": 7}]}' } });
  await t.rejects(hostPackages(damaged), { code: 'TAPBOOT_E_INSTALLATION' });
});

t.test('a tool is found on the PATH, and must be executable', async (t) => {
  const directory = t.testdir({ second: {} });
  const second = join(directory, 'second');
  const path = await tool(second, 'tapboot-example', 'exit 0');
  const searchPath = `${directory}::/no/such/directory:${second}`;
  t.equal(await locateTool('tapboot-example', searchPath), path);
  await chmod(path, 0o644);
  t.equal(await locateTool('tapboot-example', searchPath), undefined);
});

t.test('administration tools are found without sbin on the PATH', async (t) => {
  t.match(await locateTool('blkid', '/no/such/directory'), /sbin\/blkid$/);
});

t.test('a missing tool names its package and the command', async (t) => {
  const packages = [example({ commands: ['tapboot-no-such-tool'] })];
  await t.rejects(findTool('tapboot-no-such-tool', '/bin', packages), {
    code: 'TAPBOOT_E_HOST_TOOL_MISSING',
    failureClass: 'infra',
    details: {
      expected: 'tapboot-no-such-tool, which shows how',
      hint: /apt-get install --no-install-recommends example$/,
    },
  });
  await t.rejects(findTool('tapboot-unknown', '/bin', packages), {
    code: 'TAPBOOT_E_HOST_TOOL_MISSING',
    details: { expected: 'tapboot-unknown on the PATH' },
  });
});

t.test('free space of a path that is not there yet is its parent’s', async (t) => {
  const directory = t.testdir({});
  const free = await diskFree(join(directory, 'not', 'yet'));
  t.ok(Number.isFinite(free) && free > 0);
});

t.test('versions are read where there is one', async (t) => {
  const directory = t.testdir({});
  const talks = await tool(directory, 'talks', 'echo "talks, by somebody"; echo "talks 1.2.3 (x)"');
  const stderr = await tool(directory, 'stderr', 'echo "version 7.0" >&2');
  const refuses = await tool(directory, 'refuses', 'echo "unknown option, see 1.2"; exit 1');
  t.equal(await toolVersion(talks), 'talks 1.2.3 (x)');
  t.equal(await toolVersion(stderr), 'version 7.0');
  t.equal(await toolVersion(refuses), undefined);
});

t.test('Debian-like systems', async (t) => {
  t.ok(isDebianLike('PRETTY_NAME="x"\nID=debian\n'));
  t.ok(isDebianLike('ID=mint\nID_LIKE="ubuntu debian"'));
  t.notOk(isDebianLike('ID=nixos\nVARIANT_ID=debian'));
});

t.test('doctor says what is there, what is missing, and how to get it', async (t) => {
  const directory = t.testdir({ present: '' });
  await tool(directory, 'tapboot-example', 'echo example 4.5');
  const checks = await hostChecks({
    packages: [
      example({ name: 'good', commands: ['tapboot-example'] }),
      example({ name: 'file', files: [[join(directory, 'absent'), join(directory, 'present')]] }),
      example({ name: 'bad', commands: ['tapboot-example', 'tapboot-no-such-tool'] }),
      example({ name: 'no-file', for: 'test', files: [[join(directory, 'absent')]] }),
    ],
    searchPath: directory,
    cacheDirectory: join(directory, 'cache'),
    logRoot: join(directory, 'notes'),
  });
  const of = (name: string) => checks.find((check) => check.name === name);
  t.match(of('good'), { state: 'ok', detail: 'example 4.5' });
  t.equal(of('file')?.state, 'ok');
  t.match(of('bad'), {
    state: 'failed',
    detail: /^tapboot-no-such-tool missing/,
    fix: /install.* bad$/,
  });
  t.match(of('no-file'), { state: 'warning', fix: /no-file$/ });
  t.match(of('cache'), { state: 'ok', detail: /GiB free$/ });
  t.equal(of('node')?.state, 'ok');
});

t.test('a directory that cannot be made is a failed check', async (t) => {
  const directory = t.testdir({ file: 'not a directory' });
  await mkdir(join(directory, 'notes'));
  const checks = await hostChecks({
    packages: [],
    searchPath: directory,
    cacheDirectory: join(directory, 'file', 'cache'),
    logRoot: join(directory, 'notes'),
  });
  const cache = checks.find(({ name }) => name === 'cache');
  t.match(cache, { state: 'failed', detail: /cannot be written to: .*ENOTDIR/ });
  t.ok(cache?.fix);
});
