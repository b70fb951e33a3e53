import type { Test } from 'tap';
import type { TapbootRun } from '../helpers/run-tapboot.js';
import { shown, type TapScenario } from '../helpers/tap-tree.js';

/** The scenarios of the seed by the names they have in the table. */
export const IDS = {
  announces: 'announces-address',
  network: 'configures-network',
  provisions: 'provisions-clean-disk',
  residue: 'removes-raid-lvm-residue',
} as const;

export type Scenario = keyof typeof IDS;

/** One scenario that has to fail, and how. */
export interface Expected {
  /** The step that fails; undefined where no step can begin. */
  step: RegExp | undefined;
  /** In message, expected, got or output. */
  says: RegExp;
}

/** What one sabotaged agent must do to the scenarios; those that are not named pass. */
export interface Row {
  agent: string;
  fails: Partial<Record<Scenario, Expected>>;
  /** `product` unless said otherwise. */
  class?: 'guest-dead';
  /** Seconds, where what is waited for never comes. */
  limits?: Record<string, number>;
  /** In every test run: one of each way to fail. All rows are in the soak. */
  daily?: true;
}

const VERIFY = 'raid-lvm-residue/verify: ';
const RAW_DISKS = /^the raw disks are clean while the guest is paused$/;
const REPORT = /^the run reports a forced cleanup$/;

const residue = (agent: string, step: RegExp, says: RegExp): Row => ({
  agent,
  fails: { residue: { step, says } },
});

const daily = (row: Row): Row => ({ ...row, daily: true });

/** Agents that do the forced cleanup badly. */
export const CLEANUP: Row[] = [
  residue('claims-success', new RegExp(`^${VERIFY}lsblk shows nothing of it$`), /\/dev\/md127/),
  residue('lv-active', new RegExp(`^${VERIFY}lsblk shows nothing of it$`), /lv_residue/),
  // Whether udev has put the array together again by then is not the agent's to say.
  daily(
    residue(
      'superblock-left',
      new RegExp(`^${VERIFY}(?:lsblk|mdadm) shows nothing of it$|${RAW_DISKS.source}`),
      /\/dev\/md127|md superblock 1\.2/,
    ),
  ),
  residue('vg-left', RAW_DISKS, /LVM label|vg_residue/),
  daily(residue('marker-left', RAW_DISKS, /residue-marker/)),
  residue('one-disk-only', RAW_DISKS, /vdc.*residue-marker/s),
  residue(
    'late-reassembly',
    new RegExp(`^${VERIFY}(?:lsblk|mdadm) shows nothing of it$`),
    /\/dev\/md127/,
  ),
  residue('gpt-backup-left', RAW_DISKS, /GPT/),
  daily(
    residue('stale-status', REPORT, /DETAIL=existing-storage-force-cleanup.*DETAIL=auto-applied/s),
  ),
  residue('wrong-detail', REPORT, /DETAIL=done/),
];

const NEVER_ANNOUNCED = { step: /^the console shows the LAN address$/, says: /not seen within/ };

/** Agents that go wrong while the machine boots. Their limits are waited for in vain. */
export const BOOT: Row[] = [
  {
    agent: 'no-lv',
    fails: { provisions: { step: /^the logical volume slash is in main$/, says: /slash/ } },
  },
  {
    agent: 'wrong-detail',
    fails: { provisions: { step: /^the status file says/, says: /DETAIL=done/ } },
    limits: { provision_limit: 5 },
  },
  { agent: 'no-announce', fails: { announces: NEVER_ANNOUNCED }, limits: { address_limit: 8 } },
  {
    agent: 'no-network',
    fails: {
      announces: NEVER_ANNOUNCED,
      network: { step: /^lan has an IPv4 address$/, says: /no interface lan/ },
    },
    limits: { address_limit: 8 },
  },
  {
    agent: 'fails',
    fails: {
      residue: { step: /^the boot-time run has ended$/, says: /exit status 1/ },
      network: { step: /^the boot-time run has ended$/, says: /exit status 1/ },
      provisions: { step: /^the status file says/, says: /STATE=failed/ },
    },
    limits: { provision_limit: 5 },
  },
  {
    agent: 'hangs',
    daily: true,
    fails: {
      residue: { step: /^the boot-time run has ended$/, says: /activating/ },
      announces: NEVER_ANNOUNCED,
      network: { step: /^the boot-time run has ended$/, says: /activating/ },
      provisions: { step: /^the status file says/, says: /waited 5 s/ },
    },
    limits: { provision_limit: 5, address_limit: 8, unit_limit: 5, boot_limit: 5 },
  },
  {
    agent: 'panics',
    daily: true,
    class: 'guest-dead',
    // It may be caught while somebody logs in, or by the first step.
    fails: { provisions: { step: undefined, says: /kernel panic: sysrq triggered crash/ } },
  },
];

/** Asserts that a scenario of a row failed as it should. @returns a line for a table */
export function judgeFailure(t: Test, row: Row, told: TapScenario, expected: Expected): string {
  const wrong = told.steps.filter(({ ok }) => !ok);
  const [first] = wrong;
  const kind = row.class ?? 'product';
  t.equal(told.diagnosis.class, kind, `${row.agent}: class of the scenario`);
  if (expected.step !== undefined) {
    t.equal(wrong.length, 1, `${row.agent}: one step fails`);
    t.match(first?.title, expected.step, `${row.agent}: the step`);
    t.equal(first?.diagnosis.class, kind, `${row.agent}: class of the step`);
  }
  t.match(shown(first ?? told), expected.says, `${row.agent}: the message`);
  const message = String(told.diagnosis.message).split('\n')[0] ?? '';
  const step = first?.title ?? told.diagnosis.phase ?? '';
  return [row.agent, told.title, step, String(told.diagnosis.class), message].join(' | ');
}

/** Asserts the verdict on the whole of a run in which something fails. */
export function judgeRun(t: Test, end: TapbootRun, code: number): void {
  t.equal(end.code, code, end.told);
  t.same(end.tap.violations, [], 'TAP and nothing else on stdout');
}
