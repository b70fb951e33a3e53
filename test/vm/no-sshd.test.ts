// A guest whose sshd never starts: what needs no SSH passes, what demands it says what is missing.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Place } from '../helpers/run-tapboot.js';
import { inSoak } from '../helpers/soak.js';

t.setTimeout(15 * 60_000);

await inSoak(t, 'a guest without sshd', async (t) => {
  const place = await Place.make(t);
  const units = join(place.directory, 'layer/etc/systemd/system');
  mkdirSync(units, { recursive: true });
  symlinkSync('/dev/null', join(units, 'ssh.service'));
  const scenario = (name: string, steps: string): string => {
    const file = join(place.directory, `${name}.yaml`);
    const machine = 'machine: { memory: 512M, disks: { vda: 64M } }';
    writeFileSync(file, `version: 1\nname: It ${name}\n${machine}\nsteps:\n${steps}`);
    return file;
  };
  const lives = scenario('lives', '  - run: "true"\n');
  // The sleep: a first attempt that is about to be given up is not to be met.
  const answers = scenario('answers', '  - run: sleep 1\n  - ssh: id -un\n    timeout: 4s\n');
  const demanded = scenario(
    'is demanded',
    '  - run: sleep 1\n  - run: id -un\n    channel: ssh\n    timeout: 4s\n',
  );
  const image = `debian:fast,layer=${join(place.directory, 'layer')}`;
  const verdict = {
    code: 'TAPBOOT_E_SSH_NOT_LISTENING',
    class: 'product',
    message: 'nothing listens on port 22 of the guest',
  };
  const failure = (seconds: number) => {
    const expected = `a login over SSH within ${String(seconds)} s`;
    const diagnosis = { ...verdict, expected, got: 'no listening socket in /proc/net/tcp' };
    return { ok: false, diagnosis: verdict, steps: [{ ok: true }, { ok: false, diagnosis }] };
  };
  const run = async (login: number, ...files: string[]) => {
    const end = await place.run(['run', '--image', image, '--accel', 'tcg', ...files], {
      env: { BOOT_IMAGE_VM_LOGIN_TIMEOUT: String(login) },
    });
    t.same(end.tap.violations, []);
    t.equal(end.code, 1, end.told);
    return end;
  };

  const end = await run(6, lives, answers, demanded);
  t.match(
    end.stdout,
    /# warning: no SSH into lives \(nothing listens on port 22 of the guest\), \d+ s waited; boot_to_ssh_seconds stays unknown/,
    'what was waited for in vain is said',
  );
  t.match(end.tap.scenarios, [{ ok: true }, failure(4), failure(4)], "the step's timeout");
  t.match((await run(2, answers)).tap.scenarios, [failure(2)], 'that of the login');
  await place.expectNothingLeft(t);
});
