import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { inspectDisk } from '../../driver/residue/index.js';
import { loadPlan, planAsShell } from '../../driver/scenario/index.js';
import { projectRoot, readyVm, testHost, testMachine } from '../helpers/vm-host.js';

const MEBIBYTE = 1024 * 1024;

t.test(
  'the printed seed plan runs as it is in a VM, and the host finds what it left',
  async (t) => {
    const host = await testHost(t);
    const vm = await readyVm(t, host, testMachine(4096, 1536, 1536));

    const directory = join(projectRoot, 'scenarios', 'plans');
    const plan = await loadPlan('raid-lvm-residue', directory, { workingDirectory: projectRoot });
    const script = join(t.testdir(), 'seed.sh');
    await writeFile(script, planAsShell(plan, 'seed'));
    const guest = '/root/seed.sh';
    await vm.copyIn({ host: script, guest, mode: 0o755, timeoutMs: 60_000 });
    const seeded = await vm.run('sh /root/seed.sh', { timeoutMs: 300_000 });
    t.equal(seeded.exitStatus, 0, seeded.stderr);

    const again = await vm.run('sh /root/seed.sh', { timeoutMs: 300_000 });
    t.not(again.exitStatus, 0, 'on disks in use it stops at the first command that fails');
    t.match(again.stderr + again.stdout, /create the array/);

    for (const view of await vm.viewDisks(['vdb', 'vdc'])) {
      t.equal(view.state, 'synced');
      const { findings } = await inspectDisk(view.path, { search: ['residue-marker'] });
      const at = (kind: string): number[] =>
        findings.filter((finding) => finding.kind === kind).map(({ offset }) => offset);
      t.ok(at('md-superblock').includes(4096), `${view.disk}: md superblock 1.2 at 4 KiB`);
      t.ok(at('lvm-label').includes(2 * MEBIBYTE + 512), `${view.disk}: LVM label at 2 MiB + 512`);
      t.ok(at('bytes').includes(3 * MEBIBYTE), `${view.disk}: the marker at 3 MiB`);
      await view[Symbol.asyncDispose]();
    }
  },
);
