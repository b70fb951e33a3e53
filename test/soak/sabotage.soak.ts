// Every sabotaged agent, from the boot of an image that has it, with the disks that the scenarios
// ask for.
import t from 'tap';
import { residueFromBoot, scenariosOfBoot } from '../agents/from-boot.js';
import { BOOT, CLEANUP } from '../agents/table.js';

for (const row of CLEANUP) {
  t.test(`cleanup: ${row.agent}`, async (t) => {
    t.comment(await residueFromBoot(t, row));
  });
}
for (const row of BOOT) {
  t.test(`boot: ${row.agent}`, async (t) => {
    for (const line of await scenariosOfBoot(t, row)) t.comment(line);
  });
}
t.teardown(() => t.comment(`figure: ${String(CLEANUP.length + BOOT.length)} agents`));
