// Each sabotaged agent makes exactly the scenarios fail that it should, at the step that is about
// what it does wrong, with the right class; all others of its run pass.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { sabotagedAgents, writeSabotagedAgent } from '../agents/layer.js';
import { Place, type TapbootRun } from '../helpers/run-tapboot.js';
import { shown, type TapScenario } from '../helpers/tap-tree.js';

const ANNOUNCES = 'The address is announced on the console';
const NETWORK = 'The network is configured';
const PROVISIONS = 'A clean disk is provisioned';
const RESIDUE = 'RAID/LVM residue is removed';

const IDS: Record<string, string> = {
  [ANNOUNCES]: 'announces-address',
  [NETWORK]: 'configures-network',
  [PROVISIONS]: 'provisions-clean-disk',
  [RESIDUE]: 'removes-raid-lvm-residue',
};
/** These three share one boot. */
const BOOT = [ANNOUNCES, NETWORK, PROVISIONS];

/** One scenario that has to fail, and how. */
interface Expected {
  /** The step that fails; undefined where no step can begin. */
  step: RegExp | undefined;
  /** In message, expected, got or output. */
  says: RegExp;
}

interface Row {
  agent: string;
  scenarios: string[];
  fails: Record<string, Expected>;
  /** `product` unless said otherwise. */
  class?: 'guest-dead';
  /** Seconds, where what is waited for never comes. */
  limits?: Record<string, number>;
}

const VERIFY = 'raid-lvm-residue/verify: ';
const RAW_DISKS = /^the raw disks are clean while the guest is paused$/;

const REPORT = /^the run reports a forced cleanup$/;

const residue = (agent: string, step: RegExp, says: RegExp): Row => ({
  ...{ agent, scenarios: [RESIDUE] },
  fails: { [RESIDUE]: { step, says } },
});

const TABLE: Row[] = [
  residue('claims-success', new RegExp(`^${VERIFY}lsblk shows nothing of it$`), /\/dev\/md127/),
  residue('lv-active', new RegExp(`^${VERIFY}lsblk shows nothing of it$`), /lv_residue/),
  // Whether udev has put the array together again by then is not the agent's to say.
  residue(
    'superblock-left',
    new RegExp(`^${VERIFY}(?:lsblk|mdadm) shows nothing of it$|${RAW_DISKS.source}`),
    /\/dev\/md127|md superblock 1\.2/,
  ),
  residue('vg-left', RAW_DISKS, /LVM label|vg_residue/),
  residue('marker-left', RAW_DISKS, /residue-marker/),
  residue('one-disk-only', RAW_DISKS, /vdc.*residue-marker/s),
  residue(
    'late-reassembly',
    new RegExp(`^${VERIFY}(?:lsblk|mdadm) shows nothing of it$`),
    /\/dev\/md127/,
  ),
  residue('gpt-backup-left', RAW_DISKS, /GPT/),
  {
    agent: 'no-lv',
    scenarios: BOOT,
    fails: { [PROVISIONS]: { step: /^the logical volume slash is in main$/, says: /slash/ } },
  },
  residue('stale-status', REPORT, /DETAIL=existing-storage-force-cleanup.*DETAIL=auto-applied/s),
  {
    agent: 'wrong-detail',
    scenarios: [...BOOT, RESIDUE],
    fails: {
      [PROVISIONS]: { step: /^the status file says/, says: /DETAIL=done/ },
      [RESIDUE]: { step: REPORT, says: /DETAIL=done/ },
    },
    limits: { provision_limit: 15 },
  },
  {
    agent: 'no-announce',
    scenarios: BOOT,
    fails: {
      [ANNOUNCES]: { step: /^the console shows the LAN address$/, says: /not seen within/ },
    },
    limits: { address_limit: 20 },
  },
  {
    agent: 'no-network',
    scenarios: BOOT,
    fails: {
      [ANNOUNCES]: { step: /^the console shows the LAN address$/, says: /not seen within/ },
      [NETWORK]: { step: /^lan has an IPv4 address$/, says: /no interface lan/ },
    },
    limits: { address_limit: 20 },
  },
  {
    agent: 'fails',
    scenarios: [...BOOT, RESIDUE],
    fails: {
      [RESIDUE]: { step: /^the boot-time run has ended$/, says: /exit status 1/ },
      [NETWORK]: { step: /^the boot-time run has ended$/, says: /exit status 1/ },
      [PROVISIONS]: { step: /^the status file says/, says: /STATE=failed/ },
    },
    limits: { provision_limit: 15 },
  },
  {
    agent: 'hangs',
    scenarios: [...BOOT, RESIDUE],
    fails: {
      [RESIDUE]: { step: /^the boot-time run has ended$/, says: /activating/ },
      [ANNOUNCES]: { step: /^the console shows the LAN address$/, says: /not seen within/ },
      [NETWORK]: { step: /^the boot-time run has ended$/, says: /activating/ },
      [PROVISIONS]: { step: /^the status file says/, says: /waited 15 s/ },
    },
    limits: { provision_limit: 15, address_limit: 20, unit_limit: 15, boot_limit: 15 },
  },
  {
    agent: 'panics',
    scenarios: [PROVISIONS],
    class: 'guest-dead',
    // It may be caught while somebody logs in, or by the first step.
    fails: { [PROVISIONS]: { step: undefined, says: /kernel panic: sysrq triggered crash/ } },
  },
];

// Two guests on two cores: all of it in minutes, on an idle machine.
t.jobs = availableParallelism() > 1 ? 2 : 1;
t.setTimeout(60 * 60_000);

const lines: string[] = [];
for (const row of TABLE) {
  void t.test(row.agent, { buffered: true }, async (t) => {
    const place = await Place.make(t);
    const layer = join(place.directory, 'agent');
    await writeSabotagedAgent(row.agent, layer);
    const limits = Object.entries(row.limits ?? {}).flatMap(([name, seconds]) => [
      ...['--var', `${name}=${String(seconds)}s`],
    ]);
    const end = await place.run([
      ...['run', '--image', `debian:fast,agent=${layer}`, '--accel', 'tcg', ...limits],
      ...row.scenarios.map((name) => IDS[name] ?? name),
    ]);
    judge(t, row, end);
    await place.expectNothingLeft(t);
  });
}

function judge(t: Test, row: Row, end: TapbootRun): void {
  const failing = Object.keys(row.fails);
  t.equal(end.code, row.class === 'guest-dead' ? 3 : 1, end.told);
  t.same(end.tap.violations, [], 'TAP and nothing else on stdout');
  const verdicts = end.tap.scenarios.map(({ title, ok }) => [title, ok]);
  t.same(
    verdicts,
    row.scenarios.map((name) => [name, !failing.includes(name)]),
    'exactly the right scenarios fail',
  );
  for (const told of end.tap.scenarios) {
    const expected = row.fails[told.title];
    if (expected !== undefined) judgeFailure(t, row, told, expected);
    else if (!told.ok) t.comment(`${told.title} should have passed: ${shown(told)}`);
  }
}

function judgeFailure(t: Test, row: Row, told: TapScenario, expected: Expected): void {
  const wrong = told.steps.filter(({ ok }) => !ok);
  const [first] = wrong;
  t.equal(told.diagnosis.class, row.class ?? 'product', 'class of the scenario');
  if (expected.step !== undefined) {
    t.equal(wrong.length, 1, 'one step fails');
    t.match(first?.title, expected.step, 'the step');
    t.equal(first?.diagnosis.class, row.class ?? 'product', 'class of the step');
  }
  t.match(shown(first ?? told), expected.says, 'the message');
  const message = String(told.diagnosis.message);
  lines.push(
    `${row.agent} | ${IDS[told.title] ?? ''} | ${first?.title ?? told.diagnosis.phase ?? ''} | ` +
      `${String(told.diagnosis.class)} | ${message.split('\n')[0] ?? ''}`,
  );
}

t.test('every sabotaged agent is in the table', async (t) => {
  const known = TABLE.map(({ agent }) => agent);
  t.same((await sabotagedAgents()).sort(), known.sort());
});

t.teardown(() => {
  t.comment('agent | scenario | step | class | message');
  for (const line of lines.sort()) t.comment(line);
});
