import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SerialConsole } from './console.js';
import type { Answer, StandInGuest } from './guest.js';

/** Seconds that the boot, and a run of the agent, may take. */
const AGENT_LIMIT = 420;

/** A guest on which the scenarios are run. */
export interface Subject {
  guest: StandInGuest;
  console: SerialConsole;
  sshPort: number;
  /** For files of the host: keys. */
  directory: string;
}

/** Collects what did not hold: the rest is still run, so that what is measured is whole. */
class Checks {
  readonly failures: string[] = [];
  constructor(readonly scenario: string) {}

  that(holds: boolean, what: string, { output, status }: Answer): void {
    if (holds) return;
    const got = output.trim().split('\n').slice(-3).join(' | ');
    this.failures.push(`${this.scenario}: ${what} (status ${String(status)}: ${got})`);
  }
}

/**
 * S1 to S3 on a machine with one disk: provisioned, reachable, announced.
 * @returns what did not hold
 */
export async function bootScenarios(subject: Subject): Promise<string[]> {
  const { guest, console } = subject;
  const one = new Checks('S1');
  await bootEnds(guest);
  const status = await guest.run('cat /run/pre-nixos/storage-status');
  const applied = /^STATE=applied$/m.test(status.output);
  one.that(applied && /^DETAIL=auto-applied$/m.test(status.output), 'auto-applied', status);
  const groups = await guest.run('vgs --noheadings --options vg_name');
  one.that(/^ *main *$/m.test(groups.output), 'a volume group main', groups);
  const volumes = await guest.run('lvs --noheadings --options lv_name main');
  one.that(/^ *slash *$/m.test(volumes.output), 'a logical volume slash', volumes);

  const two = new Checks('S2');
  const address = await guest.run('ip -4 -oneline address show dev lan');
  two.that(/ inet \d/.test(address.output), 'an IPv4 address on lan', address);
  const unit = await guest.run('systemctl show --property=ActiveState --value pre-nixos.service');
  two.that(/^inactive$/m.test(unit.output), 'pre-nixos.service is inactive', unit);
  const login = await sshLogin(subject);
  two.that(/^root$/m.test(login.output), 'root logs in over SSH', login);

  const three = new Checks('S3');
  const announced = /LAN IPv4 address: \d+\.\d+\.\d+\.\d+/.test(console.text);
  three.that(announced, 'the console shows the address', { output: '', status: 0 });
  return [one, two, three].flatMap(({ failures }) => failures);
}

/** Woken by systemd, where the incumbent asks again every five seconds. */
const bootEnds = (guest: StandInGuest): Promise<Answer> =>
  guest.run('systemctl is-system-running --wait', AGENT_LIMIT);

/** With a key of our own, put there over the console: the incumbent has one built into the image. */
async function sshLogin({ guest, sshPort, directory }: Subject): Promise<Answer> {
  const run = promisify(execFile);
  const key = join(directory, 'stand-in-key');
  try {
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    const line = readFileSync(`${key}.pub`, 'utf8').trim();
    await guest.run(
      `mkdir -p -m 700 /root/.ssh && echo '${line}' >>/root/.ssh/authorized_keys && chmod 600 /root/.ssh/authorized_keys`,
    );
    const { stdout } = await run(
      'ssh',
      [
        ...['-i', key, '-p', String(sshPort), '-o', 'BatchMode=yes', '-o', 'LogLevel=ERROR'],
        ...['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null'],
        ...['-o', 'ConnectTimeout=60', 'root@127.0.0.1', 'id -un'],
      ],
      { timeout: 300_000 },
    );
    return { output: stdout, status: 0 };
  } catch (error) {
    return { output: error instanceof Error ? error.message : String(error), status: 1 };
  }
}

/** What the boot-time run may have put on the extra disks, taken down, one command each. */
const FREE_DISKS = [
  'swapoff --all',
  'for d in $(lsblk -nrpo NAME,MOUNTPOINT /dev/vdb /dev/vdc | sed -n "s/ .*//p" | sort -u); do umount "$d"; done',
  'for g in $(pvs --noheadings -o vg_name $(lsblk -nrpo NAME /dev/vdb /dev/vdc | sort -u) 2>/dev/null | sort -u); do vgremove -ff -y "$g"; done',
  'for m in $(lsblk -nrpo NAME,TYPE /dev/vdb /dev/vdc | sed -n \'s/ raid.*//p\' | sort -u); do mdadm --stop "$m"; done',
  'wipefs --all --force /dev/vdb /dev/vdc',
];

const VOLUME = '/dev/vg_residue/lv_residue';

/** Each has to succeed, and to print what stands beside it. */
const SEED: [command: string, printed: RegExp][] = [
  [
    'mdadm --create /dev/md127 --force --level=1 --metadata=1.2 --raid-devices=2 /dev/vdb /dev/vdc',
    /started/,
  ],
  ['mdadm --detail /dev/md127', /\/dev\/vdc/],
  ['pvcreate /dev/md127', /created/],
  ['vgcreate vg_residue /dev/md127', /created/],
  ['lvcreate -n lv_residue -l 100%FREE vg_residue', /created/],
  [`printf 'residue-marker' | dd of=${VOLUME} bs=1 conv=fsync status=none`, /^/],
  [`dd if=${VOLUME} bs=1 count=64 status=none | hexdump -C`, /residue-marker/],
];

/** None may print a trace; what they say on stderr names what is missing. */
const VERIFY = [
  'lsblk --output NAME,TYPE,SIZE,MOUNTPOINT --paths',
  'mdadm --detail --scan',
  'ls /dev/vg_residue /dev/vg_residue/lv_residue 2>/dev/null',
  'blkid',
  `dd if=${VOLUME} bs=1 count=64 status=none 2>/dev/null | hexdump -C`,
];

const TRACES = /\/dev\/md127|vg_residue|lv_residue|residue-marker/;

/**
 * S4 on a machine with three disks: residue is seeded, a forced cleanup is run, and the guest shows
 * nothing of it; the incumbent looks no further.
 * @returns what did not hold
 */
export async function residueScenario({ guest }: Subject): Promise<string[]> {
  const four = new Checks('S4');
  await bootEnds(guest);
  for (const command of FREE_DISKS) await guest.run(command);
  for (const [command, printed] of SEED) {
    const answer = await guest.run(command);
    four.that(answer.status === 0 && printed.test(answer.output), command, answer);
  }
  await guest.run('systemctl set-environment PRE_NIXOS_FORCE_CLEANUP=1');
  const cleanup = await guest.run('systemctl restart pre-nixos.service', AGENT_LIMIT);
  four.that(cleanup.status === 0, 'the forced cleanup ends well', cleanup);
  const unit = await guest.run('systemctl show --property=ActiveState --value pre-nixos.service');
  four.that(/^inactive$/m.test(unit.output), 'pre-nixos.service is inactive', unit);
  const status = await guest.run('cat /run/pre-nixos/storage-status');
  const forced = /^DETAIL=existing-storage-force-cleanup$/m.test(status.output);
  four.that(forced, 'it reports a forced cleanup', status);
  for (const command of VERIFY) {
    const answer = await guest.run(command);
    four.that(!TRACES.test(answer.output), `${command}: no trace`, answer);
  }
  return four.failures;
}
