import t from 'tap';
import { consoleTail } from '../../../driver/steps/run-scenario-steps.js';

t.test("the guest's last words, not the driver's", async (t) => {
  const text = [
    ...[
      'debian login: root',
      "root@debian:~#  printf '@tb%s:%s:.\\n' 03bc47b4",
      '@tb03bc47b4:42:0:bash:.',
    ],
    ...[
      'root@debian:~#  exec bash --norc --noprofile',
      '',
      '  ',
      'kernel: oops',
      'LAN: 10.0.2.15',
      '',
    ],
  ].join('\n');
  t.equal(consoleTail(text, 2), 'kernel: oops\nLAN: 10.0.2.15');
  t.equal(consoleTail(text, 9), 'debian login: root\nkernel: oops\nLAN: 10.0.2.15');
  t.equal(consoleTail('', 9), '');
});
