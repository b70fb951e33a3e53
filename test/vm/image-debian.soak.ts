import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import { ImageMachine, provide } from './image-machine.js';

t.setTimeout(1_800_000);

/** A directory for one test, gone with it. */
async function place(t: Test, name: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), `tapboot-${name}-`));
  t.teardown(async () => {
    await rm(directory, { recursive: true });
  });
  return directory;
}

async function keyPair(t: Test): Promise<{ file: string; secret: string; open: string }> {
  const file = join(await place(t, 'key'), 'key');
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', file]);
  return {
    file,
    secret: await readFile(file, 'utf8'),
    open: (await readFile(`${file}.pub`, 'utf8')).trim(),
  };
}

/** Whether a qcow2 image reads as zeros throughout; else the first offset that does not. */
async function firstByte(disk: string): Promise<number> {
  const raw = `${disk}.raw`;
  await execa('qemu-img', ['convert', '-O', 'raw', disk, raw]);
  const zeros = Buffer.alloc(1 << 20);
  let offset = 0;
  for await (const chunk of createReadStream(raw, { highWaterMark: 1 << 20 })) {
    const bytes = chunk as Buffer;
    if (!bytes.equals(zeros.subarray(0, bytes.length))) {
      return offset + bytes.findIndex((byte) => byte !== 0);
    }
    offset += bytes.length;
  }
  return -1;
}

const SETTLED =
  'until [ "$(systemctl show --property ExecMainExitTimestampMonotonic --value pre-nixos)" != 0 ];' +
  ' do sleep 0.2; done';
const SEED = [
  'mdadm --create /dev/md127 --force --level=1 --metadata=1.2 --raid-devices=2 /dev/vdb /dev/vdc',
  'pvcreate /dev/md127',
  'vgcreate vg_residue /dev/md127',
  'lvcreate -n lv_residue -l 100%FREE vg_residue',
  "printf 'residue-marker' | dd of=/dev/vg_residue/lv_residue bs=1 conv=fsync status=none",
].join(' && ');

t.test('the fast layout: access, agent, forced cleanup, power-off', async (t) => {
  const image = await provide('debian');
  const again = await provide('debian');
  t.ok(again.cached, 'the second time it is there');
  t.equal(again.buildSeconds, undefined);
  t.equal(again.identity, image.identity);

  const [user, host] = [await keyPair(t), await keyPair(t)];
  await using machine = await ImageMachine.start(image.medium, {
    disks: ['1G', '192M', '192M'],
    credentials: { 'ssh.authorized_keys.root': user.open, ssh_host_ed25519_key: host.secret },
  });
  await machine.login();
  const run = (command: string) => machine.run(command);
  t.equal((await run('id -un')).stdout, 'root', 'no password is asked for');
  await run(SETTLED);
  t.equal(
    (await run('cat /run/pre-nixos/storage-status')).stdout,
    'STATE=applied\nDETAIL=auto-applied',
  );
  t.match((await run('lvs --noheadings -o vg_name,lv_name')).stdout, /^\s*main\s+slash$/);
  t.equal((await run('wipefs --noheadings /dev/vdb /dev/vdc')).stdout, '', 'vda alone');
  t.equal((await run('systemctl is-active pre-nixos')).stdout, 'inactive');
  t.match((await run('ip -4 -o address show dev lan')).stdout, /inet \d+\.\d+\.\d+\.\d+\//);
  t.match(machine.output, /^LAN IPv4 address: \d+\.\d+\.\d+\.\d+\r$/m, 'announced');
  t.equal((await run('systemctl --failed --no-legend --plain')).stdout, '');

  await t.test('ssh by the keys handed in, and by nothing else', async (t) => {
    const known = join(machine.directory, 'known');
    const [type = '', key = ''] = host.open.split(' ');
    await writeFile(known, `[127.0.0.1]:${String(machine.sshPort)} ${type} ${key}\n`);
    const ssh = (...options: string[]) =>
      execa(
        'ssh',
        [
          ...['-F', 'none', '-p', String(machine.sshPort), '-o', 'BatchMode=yes'],
          ...['-o', 'StrictHostKeyChecking=yes', '-o', `UserKnownHostsFile=${known}`],
          ...[...options, 'root@127.0.0.1', 'id -un'],
        ],
        { reject: false },
      );
    const right = await ssh('-i', user.file);
    t.equal(right.stdout, 'root', right.stderr);
    const without = await ssh('-o', 'IdentityFile=none', '-o', 'IdentitiesOnly=yes');
    t.match(without.stderr, /Permission denied \(publickey\)/, 'keys only');
  });

  await t.test('existing storage is left alone, and erased by force', async (t) => {
    const seeded = await run(SEED);
    t.equal(seeded.status, 0, seeded.stdout);
    t.equal((await run('systemctl restart pre-nixos')).status, 0);
    t.equal(
      (await run('cat /run/pre-nixos/storage-status')).stdout,
      'STATE=plan-only\nDETAIL=existing-storage',
    );
    t.match((await run('head -c 14 /dev/vg_residue/lv_residue')).stdout, /residue-marker/);

    await run('systemctl set-environment PRE_NIXOS_FORCE_CLEANUP=1');
    const forced = await run('systemctl restart pre-nixos');
    t.equal(forced.status, 0, (await run('cat /tmp/pre-nixos.log')).stdout);
    t.equal(
      (await run('cat /run/pre-nixos/storage-status')).stdout,
      'STATE=plan-only\nDETAIL=existing-storage-force-cleanup',
    );
    await run('udevadm settle');
    const seen = await run('lsblk --paths; mdadm --detail --scan; blkid; cat /proc/mdstat');
    t.notMatch(seen.stdout, /md127|residue/);
    t.equal((await run('ls -d /dev/md127 /dev/vg_residue 2>/dev/null')).stdout, '');
    t.notMatch(seen.stdout, /main/, 'nothing is provisioned after it');
  });

  machine.send('systemctl poweroff');
  t.equal(await machine.ended, 0, 'powers off by itself');
  for (const [index, disk] of machine.disks.entries())
    t.equal(await firstByte(disk), -1, `disk ${String(index)} holds zeros, and nothing else`);
});

t.test('an image without keys makes its own, another each time', async (t) => {
  const image = await provide('debian,agent=none');
  const keys: string[] = [];
  for (const round of [1, 2]) {
    await using machine = await ImageMachine.start(image.medium, { disks: [] });
    await machine.login();
    await machine.run('until systemctl is-active ssh; do sleep 0.2; done');
    const key = await machine.run('ssh-keygen -y -f /etc/ssh/ssh_host_ed25519_key');
    const id = await machine.run('cat /etc/machine-id');
    t.match(key.stdout, /^ssh-ed25519 /, `round ${String(round)}`);
    t.equal((await machine.run('ls /root/.ssh/authorized_keys')).status, 2, 'nobody is let in');
    t.equal((await machine.run('systemctl cat pre-nixos')).status, 1, 'no agent');
    keys.push(`${key.stdout} ${id.stdout}`);
  }
  t.not(keys[0], keys[1]);
});

t.test('layers: files added, files deleted, a live system without root login', async (t) => {
  const layer = join(await place(t, 'layer'), 'extra');
  await mkdir(join(layer, 'etc'), { recursive: true });
  await writeFile(join(layer, 'etc/.wh.os-release'), '');
  await writeFile(join(layer, 'etc/private'), 'mine', { mode: 0o600 });
  const user = await keyPair(t);
  const image = await provide(`debian,agent=none,layer=test/layers/live-user+${layer}`);
  const plain = await provide('debian,agent=none');
  t.equal(image.artifact['root_digest'], plain.artifact['root_digest'], 'the same root');
  t.not(image.identity, plain.identity);

  await using machine = await ImageMachine.start(image.medium, {
    disks: [],
    credentials: { 'ssh.authorized_keys.root': user.open },
  });
  await machine.expect(/login: $/m);
  machine.send('root');
  await machine.expect(/Password: ?$/m);
  machine.send('');
  await machine.expect(/Login incorrect[^]*login: $/m);
  machine.send('nixos');
  const prompt = await machine.expect(/nixos@debian:~\]\$\x1b\[0m $/m);
  t.match(prompt, /\x1b\[\?2004h/, 'bracketed paste');
  t.match(prompt, /\x1b\]0;nixos@debian: ~\x07/, 'window title');
  t.match(prompt, /\x1b\[1;32m/, 'colour');
  machine.send('sudo -i');
  await machine.expect(/root@debian:~\]#\x1b\[0m $/m);
  await machine.quiet();
  t.equal((await machine.run('id -un')).stdout, 'root');
  t.equal((await machine.run('ls /root/.ssh/authorized_keys')).status, 2, 'no credential');
  t.equal((await machine.run('stat -c "%a %U" /etc/private')).stdout, '600 root');
  t.equal((await machine.run('ls /etc/os-release /etc/.wh.os-release 2>/dev/null')).stdout, '');
});
