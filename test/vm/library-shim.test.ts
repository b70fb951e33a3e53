/* A test file of the pytest harness, moved over with its old names. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { Metadata } from '../../driver/record/metadata-schema.js';
import {
  boot_image_build,
  boot_image_iso,
  boot_image_vm,
  boot_image_vm_with_additional_disks,
  boot_ssh_key_pair,
  build_raid_residue_plan,
  qemu_executable,
  ssh_forward_port,
  ssh_keygen_executable,
  vm_disk_image,
} from '../../driver/shim.js';
import { inSoak } from '../helpers/soak.js';
import { DAMAGE, plantDamaged } from '../helpers/planted-state.js';

const root = t.testdir();
const states = join(root, 'states');
const env = { BOOT_IMAGE_VM_LEDGER_PATH: join(root, 'ledger.jsonl') };
const settings = {
  accel: 'tcg' as const,
  logRoot: join(root, 'notes'),
  env: { ...env, TAPBOOT_SNAPSHOT_DIR: states, CI: '' },
};
const key = await plantDamaged(states);

t.test('test_boot_image_provisions_clean_disk', async (t) => {
  const vm = await boot_image_vm(settings);
  t.equal(vm.vm.origin.kind, 'booted', 'a verdict about the boot is about one of this session');
  await vm.assert_commands_available('findmnt', 'lsblk', 'wipefs');
  await t.rejects(vm.assert_commands_available('lsblk', 'no-such-tool'), {
    code: 'TAPBOOT_E_GUEST_COMMANDS',
    details: { got: 'missing: no-such-tool' },
  });
  const status = await vm.wait_for_storage_status();
  t.match(status, { STATE: 'applied', DETAIL: 'auto-applied' });
  t.same(await vm.read_storage_status(), status);
  const groups = await vm.run_as_root('vgs --noheadings -o vg_name', { timeout: 120 });
  t.equal(groups.trim(), 'main');
  t.equal(await vm.run('echo out; echo err >&2; exit 3'), 'out\nerr');
  await t.rejects(vm.run_as_root_checked('exit 3'), { code: 'TAPBOOT_E_COMMAND_STATUS' });
});

t.test('test_boot_image_configures_network', async (t) => {
  const vm = await boot_image_vm(settings);
  const keys = await boot_ssh_key_pair(settings);
  const lines = await vm.wait_for_ipv4();
  t.ok(lines.some((line) => line.includes('inet ')));
  t.equal(await vm.wait_for_unit_inactive('pre-nixos', { timeout: 180 }), 'inactive');
  t.equal(await vm.run_ssh({ private_key: keys.private_key, command: 'id -un' }), 'root');
  await t.rejects(vm.run_ssh({ private_key: '/other/key', command: 'true' }), {
    code: 'TAPBOOT_E_SHIM_SSH',
  });
  t.match(await readFile(keys.public_key, 'utf8'), /^ssh-ed25519 /);
  t.equal(await ssh_forward_port(settings), vm.ssh_port);
});

t.test('test_boot_image_announces_lan_ipv4_on_serial_console', async (t) => {
  const vm = await boot_image_vm(settings);
  await vm.wait_for_ipv4();
  t.match(await readFile(vm.log_path, 'utf8'), /LAN IPv4 address: \d+\.\d+\.\d+\.\d+/);
});

t.test('what the fixtures and properties tell', async (t) => {
  const vm = await boot_image_vm(settings);
  t.match(await boot_image_build(settings), { root_key_fingerprint: /^SHA256:/ });
  t.same(vm.artifact, await boot_image_build(settings));
  await t.rejects(boot_image_iso(settings), { code: 'TAPBOOT_E_SHIM_ISO' });
  t.equal(await vm_disk_image(settings), vm.disk_image);
  t.equal(vm.ssh_host, '127.0.0.1');
  t.match(vm.qemu_version, 'QEMU emulator');
  t.match(vm.qemu_command, ['qemu-system-x86_64']);
  t.type(vm.run_timings.boot_to_ssh_seconds, 'number');
  const metadata = await readFile(vm.metadata_path, 'utf8');
  t.match(metadata, '"boot_to_login_seconds"');
  const { notices, vms } = JSON.parse(metadata) as Metadata;
  t.notOk(
    notices.some(({ message }) => DAMAGE.test(message)),
    'no state was looked for',
  );
  t.match(vms, [{ origin: { kind: 'booted' } }]);
  const known = { subject: 'machine' as const, ...settings };
  t.equal((await boot_image_vm(known)).vm.name, vm.vm.name, 'a boot serves those, too');
  t.equal(await readFile(join(states, key, 'manifest.json'), 'utf8'), 'damaged');
  t.match(await readFile(vm.harness_log_path, 'utf8'), 'lsblk');
  t.match(await qemu_executable(), /qemu-system-x86_64$/);
  t.match(await ssh_keygen_executable(), /ssh-keygen$/);
  t.match(await vm.collect_journal('pre-nixos.service'), 'pre-nixos');
  const collected = await vm.collect_base_diagnostics();
  t.ok(collected.some(([label]) => label.includes('dmesg')));
});

await inSoak(t, 'test_pre_nixos_cleans_raid_lvm_residue', async (t) => {
  const plan = await build_raid_residue_plan();
  // Not about the boot: where the tests have run before, it is restored.
  const vm = await boot_image_vm_with_additional_disks({ ...settings, env });
  await vm.wait_for_unit_inactive('pre-nixos', { timeout: 420 });
  await vm.run_as_root_checked('wipefs -af /dev/vdb /dev/vdc', { timeout: 180 });
  for (const command of plan.preseed_commands) {
    await vm.run_as_root_checked(command, { timeout: 300 });
  }
  const sentinel = `dd if=${plan.sentinel_path} bs=1 count=64 status=none | hexdump -C`;
  t.match(await vm.run_as_root_checked(sentinel), 'residue-marker');
  await vm.run_as_root_checked('systemctl set-environment PRE_NIXOS_FORCE_CLEANUP=1');
  await vm.run_as_root('systemctl restart pre-nixos.service', { timeout: 240 });
  await vm.wait_for_unit_inactive('pre-nixos', { timeout: 240 });
  for (const command of plan.verification_commands) {
    const { stdout } = await vm.vm.run(command, { timeoutMs: 240_000 });
    for (const trace of plan.teardown_expectations) t.notMatch(stdout, trace, command);
  }
  t.same(plan.teardown_expectations, ['/dev/md127', 'vg_residue', 'lv_residue', 'residue-marker']);
  await vm.shutdown();
  t.equal(vm.vm.power, 'off');
});
