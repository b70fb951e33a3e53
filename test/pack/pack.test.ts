import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { install, installedPackages, pack, project } from './install.js';

const directory = t.testdir();
const packed = await pack(directory);
const consumer = await install(packed.file, join(directory, 'consumer'));

/** The installed command, in a project that has no scenarios of its own. */
const tapboot = (args: string[]) =>
  execa(join(consumer, 'node_modules/.bin/tapboot'), args, { cwd: consumer, reject: false });

t.test('the tarball holds what is needed to run, and nothing else', async (t) => {
  const kib = (bytes: number): string => `${String(Math.round(bytes / 1024))} KiB`;
  t.comment(`${kib(packed.bytes)} packed, ${kib(packed.unpackedBytes)} unpacked`);
  t.ok(packed.bytes < 1024 * 1024, 'less than 1 MiB');
  for (const path of [
    ...['package.json', 'LICENSE', 'README.md', 'bin/tapboot.mjs', 'bin/host-packages.json'],
    ...['dist/driver/index.js', 'dist/driver/index.d.ts', 'dist/driver/shim.js'],
    ...['scenarios/provisions-clean-disk.yaml', 'scenarios/plans/raid-lvm-residue.yaml'],
  ]) {
    t.ok(packed.paths.includes(path), path);
  }
  t.ok(packed.paths.some((path) => path.startsWith('image/')));
  t.same(
    packed.paths.filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts')),
    [],
    'no sources',
  );
  for (const page of ['report.js', 'report.css', 'history.js', 'early-theme.js']) {
    t.ok(packed.paths.includes(`dist/driver/pages/${page}`), `a page: ${page}`);
  }
  t.same(
    packed.paths.filter((path) => /^(?:test|driver|notes|bench|\.|dist\/(?!driver\/))/.test(path)),
    [],
  );
});

t.test('only what runs is installed with it', async (t) => {
  const names = await installedPackages(consumer);
  t.ok(names.includes('tapboot'));
  for (const name of ['tap', 'typescript', 'eslint', 'tsx', 'ajv']) t.notOk(names.includes(name));
});

t.test('the command works where it is installed', async (t) => {
  const help = await tapboot(['--help']);
  t.match(help, { exitCode: 0, stdout: /^Usage: tapboot/, stderr: '' });
  const list = await tapboot(['list']);
  t.equal(list.exitCode, 0, list.stderr);
  for (const id of [
    ...['announces-address', 'configures-network'],
    ...['provisions-clean-disk', 'removes-raid-lvm-residue'],
  ]) {
    t.match(list.stdout, id);
  }
  const check = await tapboot(['check']);
  t.equal(check.exitCode, 0, check.stderr);
  t.match(await tapboot(['plan', 'raid-lvm-residue/seed', '--shell']), {
    exitCode: 0,
    stdout: /mdadm --create/,
  });
  const unknown = await tapboot(['run', 'no-such-scenario']);
  t.equal(unknown.exitCode, 2, 'the package of YAML, code frames and suggestions is complete');
});

t.test('the library can be imported, and offers what it says', async (t) => {
  const code = `
    import * as library from 'tapboot';
    import * as shim from 'tapboot/shim';
    console.log(JSON.stringify([Object.keys(library).sort(), Object.keys(shim).length > 10]));
  `;
  await writeFile(join(consumer, 'names.mjs'), code);
  const { stdout } = await execa(process.execPath, ['names.mjs'], { cwd: consumer });
  t.same(JSON.parse(stdout), [
    [
      ...['TapbootError', 'bootImageVm', 'describeError', 'endBootImageVms', 'findingsTable'],
      ...['inspectDisk', 'judgeDisk', 'runScenarios'],
    ],
    true,
  ]);
  const inside = await execa(
    process.execPath,
    ['--input-type=module', '--eval', "import 'tapboot/dist/driver/run/run.js'"],
    { cwd: consumer, reject: false },
  );
  t.match(inside.stderr, 'ERR_PACKAGE_PATH_NOT_EXPORTED');
});

const CONSUMER = `
import { bootImageVm, endBootImageVms, inspectDisk, judgeDisk, runScenarios } from 'tapboot';
import { TapbootError, type BootImageVM, type CommandResult, type RunReport } from 'tapboot';
import { boot_image_vm } from 'tapboot/shim';

export async function uses(): Promise<string> {
  const vm: BootImageVM = await bootImageVm({ machine: { memory: '1G', disks: { vda: '4G' } } });
  const result: CommandResult = await vm.run('true', { timeoutMs: 1000, channel: 'ssh' });
  const found = await vm.inspectDisk('vda', { search: ['x'] });
  const held: boolean[] = judgeDisk(found, { clean: true }).map((judged) => judged.held);
  await using own = await bootImageVm({ from: await vm.save() });
  const status: Record<string, string> = await (await boot_image_vm()).read_storage_status();
  const report: RunReport = await runScenarios({ scenarios: ['x'], tapVersion: 13 });
  await endBootImageVms({ outcome: 'failed' });
  try {
    await inspectDisk('/x');
  } catch (error) {
    if (error instanceof TapbootError) return error.details.hint ?? error.code;
  }
  return [result.stdout, held, own.name, status['STATE'], report.outcome].join();
}
`;
const MISTAKES = `
import { bootImageVm } from 'tapboot';
// @ts-expect-error no such option
void bootImageVm({ machine: { ram: '1G' } });
// @ts-expect-error no such channel
void (await bootImageVm()).run('true', { channel: 'telnet' });
`;

t.test('its types check in a strict project, library files included', async (t) => {
  // Of all types only Node's: what else the declarations might want, a user does not have.
  await mkdir(join(consumer, 'node_modules/@types'));
  const node = 'node_modules/@types/node';
  await symlink(join(project, node), join(consumer, node));
  await writeFile(join(consumer, 'uses.ts'), CONSUMER);
  await writeFile(join(consumer, 'mistakes.ts'), MISTAKES);
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: false,
    module: 'NodeNext',
    target: 'ES2022',
    types: ['node'],
  };
  await writeFile(
    join(consumer, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, include: ['*.ts'] }),
  );
  const tsc = join(project, 'node_modules/.bin/tsc');
  const { exitCode, stdout } = await execa(tsc, ['-p', '.'], { cwd: consumer, reject: false });
  t.equal(stdout, '');
  t.equal(exitCode, 0);
});
