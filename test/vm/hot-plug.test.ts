// Disks that are plugged in when the boot is over: not before; then they are the machine's own, in
// what it says of itself, in views from the host, and in its snapshots. What else is done with such
// a machine is shown where it belongs: capsules, steps that are reused, a reboot.
import { symlinkSync, readFileSync, writeFileSync, mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { BootImageVM } from '../../driver/machine/boot-image-vm.js';
import type { Machine } from '../../driver/language/machine-shape.js';
import { residueOfAgent } from '../agents/from-boot.js';
import { IDS } from '../agents/table.js';
import { Place, projectRoot } from '../helpers/run-tapboot.js';
import { inSoak } from '../helpers/soak.js';
import { readyVm, testHost, testMachine } from '../helpers/vm-host.js';

const MINUTE = 60_000;

t.setTimeout(20 * MINUTE);

const run = async (vm: BootImageVM, command: string): Promise<string> =>
  (await vm.run(command, { timeoutMs: MINUTE })).stdout.trim();

t.test('no sooner than systemd has no job pending', async (t) => {
  const host = await testHost(t);
  const vm = await readyVm(t, host, testMachine(4096));
  const wanted: Machine = { ...testMachine(4096, 64, 128), plug: 'after-boot' };
  await run(
    vm,
    "systemd-run --no-block --unit=busy --property=Type=oneshot sh -c 'read _ </run/go; ls /dev/vd? >/run/seen'",
  );
  await run(vm, 'mkfifo /run/go; systemctl list-jobs');
  await t.rejects(vm.plugIn(wanted, { timeoutMs: 1500 }), {
    failureClass: 'product',
    code: 'TAPBOOT_E_BOOT_NOT_OVER',
    details: { got: /busy\.service \(start running, activating\/start\)/ },
  });
  t.same(vm.machine, testMachine(4096));
  const plugging = vm.plugIn(wanted, { timeoutMs: MINUTE });
  await run(vm, 'echo >/run/go');
  t.match(await plugging, { disks: ['vdb', 'vdc'] });
  t.equal(await run(vm, 'cat /run/seen'), '/dev/vda', 'the job has not seen them');
  t.equal(
    await run(
      vm,
      'lsblk --raw --nodeps --noheadings --bytes --output NAME,SIZE,SERIAL /dev/vd[bc]',
    ),
    'vdb 67108864 vdb\nvdc 134217728 vdc',
  );
  t.equal(await vm.plugIn(wanted, { timeoutMs: MINUTE }), undefined, 'once is enough');
  t.same(vm.machine, wanted);
  t.same(host.known.get(vm.name)?.pluggedAfterBoot, ['vdb', 'vdc']);

  await run(vm, 'printf marker | dd of=/dev/vdc bs=1 seek=4096 conv=fsync');
  const [view] = await vm.viewDisks(['vdc']);
  t.equal((await readFile(view?.path ?? '')).toString('latin1', 4096, 4102), 'marker');
  await view?.[Symbol.asyncDispose]();
  await using again = await BootImageVM.restore(host, 'again', await vm.save(), true);
  t.equal(await run(again, 'dd if=/dev/vdc bs=1 skip=4096 count=6'), 'marker');
  t.same(again.machine, wanted);
});

t.test('disks that an agent has provisioned at boot are made free', async (t) => {
  const place = await Place.make(t);
  const directory = join(place.directory, 'scenarios');
  mkdirSync(directory);
  symlinkSync(join(projectRoot, 'scenarios/plans'), join(directory, 'plans'));
  const text = readFileSync(join(projectRoot, 'scenarios', `${IDS.residue}.yaml`), 'utf8');
  const file = join(directory, 'provisioned.yaml');
  // As an agent does that provisions all disks; one that really does is in the soak.
  const provisioned = `  - name: as an agent does
    run: vgcreate --yes large /dev/vdb && lvcreate --yes -n data -L 64M large && mkfs.ext4 -q /dev/large/data && mount /dev/large/data /mnt && mkswap /dev/vdc && swapon /dev/vdc
  - plan: raid-lvm-residue/free-disks
  - plan: raid-lvm-residue/seed
  - run: vgs --noheadings --options vg_name
    expect: { stdout: { contains: vg_residue, not_contains: large } }
`;
  const head = text.slice(0, text.indexOf('  - plan:')).replace(', plug: after-boot', '');
  writeFileSync(file, `${head}${provisioned}`);
  const end = await place.run(['run', '--image', 'debian:fast', '--accel', 'tcg', file]);
  t.equal(end.code, 0, end.told);
  t.match(end.metadata?.vms[0]?.qemu?.extra_disks, { length: 2 });
  t.equal(end.metadata?.vms[0]?.qemu?.plugged_after_boot, undefined, 'they were there at boot');
  await place.expectNothingLeft(t);
});

await inSoak(t, 'an agent that provisions all disks at boot', async (t) => {
  const end = await residueOfAgent(t, 'provisions-all', (text) =>
    text.replace(', plug: after-boot', ''),
  );
  t.equal(end.code, 0, end.told);
});
