import t from 'tap';
import { oldCpuHint } from '../../../driver/machine/old-cpu.js';

t.test('what a guest says whose CPU is too old names the key to set', async (t) => {
  for (const said of [
    'Fatal glibc error: CPU does not support x86-64-v2',
    '/lib64/libc.so.6: CPU ISA level is lower than required',
    '[    3.117000] traps: init[1] trap invalid opcode ip:7f11 sp:7ffd error:0 in libc.so.6[7f11+1]',
    '[    1.000000] invalid opcode: 0000 [#1] PREEMPT SMP NOPTI',
  ])
    t.match(oldCpuHint(said), /machine: \{ cpu: max \}/, said);
  t.match(oldCpuHint('', 132), /SIGILL/);
  t.equal(oldCpuHint('all is well', 1), undefined);
});
