/* eslint-disable @typescript-eslint/no-deprecated -- the deprecated names are the subject */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import ts from 'typescript';
import * as shim from '../../../../driver/shim.js';
import { parseStatus } from '../../../../driver/library/shim/storage-status.js';

t.test('all names of the old fixtures are there', async (t) => {
  for (const name of [
    ...['boot_image_vm', 'boot_image_vm_with_additional_disks', 'boot_image_build'],
    ...['boot_image_iso', 'boot_ssh_key_pair', 'vm_disk_image', 'ssh_forward_port'],
    ...['nix_executable', 'qemu_executable', 'ssh_executable', 'ssh_keygen_executable'],
    ...['build_raid_residue_plan', 'BootImageVM'],
  ] as const) {
    t.type(shim[name], 'function', name);
  }
});

t.test('all methods of the old controller are there', async (t) => {
  for (const name of [
    ...['run', 'run_as_root', 'run_as_root_checked', 'run_ssh', 'assert_commands_available'],
    ...['collect_journal', 'collect_base_diagnostics', 'read_storage_status'],
    ...['wait_for_storage_status', 'wait_for_ipv4', 'wait_for_unit_inactive', 'shutdown'],
  ]) {
    t.type(Object.getOwnPropertyDescriptor(shim.BootImageVM.prototype, name)?.value, 'function');
  }
});

/** Exported declarations of a file, and the public members of its classes. */
function declarations(file: string, text: string): ts.Node[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const exported = source.statements.filter(
    (node) =>
      ts.canHaveModifiers(node) &&
      ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true,
  );
  const members = exported
    .filter(ts.isClassDeclaration)
    .flatMap(({ members }) => [...members])
    .filter((member) => member.name !== undefined && ts.isIdentifier(member.name));
  return [...exported, ...members];
}

t.test('every name says that it is deprecated, and what replaces it', async (t) => {
  // `vm` is the way to the new names; what run_ssh takes says so option by option.
  const excepted = /^(?:readonly vm: |export interface RunSshOptions)/;
  let seen = 0;
  for (const file of ['fixtures.ts', 'tools.ts', 'residue-plan.ts', 'legacy-vm.ts']) {
    const path = join(import.meta.dirname, '../../../../driver/library/shim', file);
    for (const node of declarations(file, await readFile(path, 'utf8'))) {
      const line = node.getText().split('\n')[0] ?? '';
      if (excepted.test(line)) continue;
      seen += 1;
      t.match(ts.getJSDocDeprecatedTag(node)?.comment, /\w/, `${file}: ${line}`);
    }
  }
  t.ok(seen > 35, `${String(seen)} names`);
});

t.test('the status file', async (t) => {
  t.same(parseStatus('STATE=applied\nDETAIL = a=b \nnoise\n'), { STATE: 'applied', DETAIL: 'a=b' });
  t.same(parseStatus(''), {});
});

t.test('the plan of the residue is the one that scenarios use', async (t) => {
  const plan = await shim.build_raid_residue_plan();
  t.match(plan.preseed_commands[0], /^printf '%s\\n' 'n' \| \{ mdadm --create \/dev\/md127 /);
  t.equal(plan.sentinel_path, '/dev/vg_residue/lv_residue');
  t.ok(plan.preseed_commands.some((command) => command.includes(`of=${plan.sentinel_path}`)));
  t.same(plan.teardown_expectations, ['/dev/md127', 'vg_residue', 'lv_residue', 'residue-marker']);
  t.ok(plan.verification_commands.includes('mdadm --detail --scan'));
});
