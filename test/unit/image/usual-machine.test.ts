import t from 'tap';
import { usualMachine } from '../../../driver/image/usual-machine.js';
import { DEFAULT_MACHINE } from '../../../driver/language/default-machine.js';

const GIB = 2 ** 30;

t.test('the embedded image, in any layout, has the small machine', (t) => {
  for (const spec of [undefined, 'debian', 'debian:iso,boot=uefi']) {
    t.same(usualMachine(spec, '/', 8), DEFAULT_MACHINE);
  }
  t.end();
});

t.test('any other has more memory, and two virtual CPUs where there are as many cores', (t) => {
  for (const spec of ['file:/x.iso', '/x.iso', 'nix:.#bootImage']) {
    t.match(usualMachine(spec, '/', 8), { memoryBytes: 2 * GIB, cpus: 2 });
    t.match(usualMachine(spec, '/', 1), { memoryBytes: 2 * GIB, cpus: 1 });
  }
  t.end();
});
