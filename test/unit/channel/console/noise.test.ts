import t from 'tap';
import { withoutNoise } from '../../../../driver/channel/console/noise.js';

t.test('a kernel line in the middle of a prompt is taken out with its line end', async (t) => {
  t.equal(withoutNoise('host log[    9.130000] usb 1-1: new device\nin: '), 'host login: ');
  t.equal(withoutNoise('host login: [   12.000001] e1000: link up\n'), 'host login: ');
  t.equal(withoutNoise('login: [   12.000001][  T1] unfin'), 'login: ', 'also an unfinished one');
});

t.test('systemd status lines are noise', async (t) => {
  t.equal(withoutNoise('x login: [  OK  ] Reached target a.target.\n'), 'x login: ');
  t.equal(withoutNoise('         Starting foo…\n[FAILED] Failed to start b.\n# '), '# ');
});

t.test('what merely resembles noise stays', async (t) => {
  const text = '[nixos@host:~]$ ls\n[1] 1234\n[12.5] not a stamp\n  Starting from here\n';
  t.equal(withoutNoise(text), text);
});
