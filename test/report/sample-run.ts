import { noCounts } from '../../driver/events/counts.js';
import type {
  CommandRecord,
  DiskMap,
  Failure,
  NewEvent,
  RunEvent,
  ScenarioRef,
  StepRef,
} from '../../driver/events/events.js';

/** A run's events put together in order, on a clock of its own. */
export class SampleRun {
  readonly events: RunEvent[] = [];
  readonly directory: string;
  #now: number;

  constructor(
    directory = '/srv/notes/2026-03-01T101500Z-vm-run',
    start = Date.UTC(2026, 2, 1, 10, 15),
  ) {
    this.directory = directory;
    this.#now = start;
  }

  get now(): number {
    return this.#now;
  }

  wait(seconds: number): this {
    this.#now += seconds * 1000;
    return this;
  }

  emit(...events: NewEvent[]): this {
    for (const event of events) this.events.push({ at: this.#now, ...event });
    return this;
  }

  /** Set-up, image and accelerator, as every run begins. */
  begin(scenarios: (ScenarioRef & { steps: number; tags: string[] })[]): this {
    const text = 'image debian';
    return this.emit({
      type: 'run:start',
      run: '2026-03-01T101500Z-vm-run',
      directory: this.directory,
      command: ['tapboot', 'run', '--tag', 'vm'],
      version: '0.1.0',
      scenarios,
    })
      .emit({ type: 'phase:start', phase: 'build', text })
      .wait(1.4)
      .emit({ type: 'phase:end', phase: 'build', text, seconds: 1.4 })
      .emit({
        type: 'image',
        spec: 'debian',
        identity: '9f2c41d07ab8',
        cached: true,
        artifact: { kernel: '/srv/cache/debian/vmlinux', root: '/srv/cache/debian/root.erofs' },
      })
      .emit({
        type: 'accelerator',
        name: 'tcg',
        reasons: [
          'kvm: a Linux kernel did not get past its first messages within 3 s',
          'tcg: chosen',
        ],
      });
  }

  /** A machine that boots, or is restored, for a scenario. */
  machine(scenario: ScenarioRef, origin: 'booted' | 'restored', seconds: number): this {
    const vm = scenario.id;
    const phase = origin === 'booted' ? 'boot' : 'restore';
    const bootedAt = new Date(this.#now).toISOString();
    return this.emit({
      type: 'vm:start',
      vm,
      version: 'QEMU emulator version 7.2.22 (Debian 1:7.2)',
      argv: [
        ...[
          'qemu-system-x86_64',
          '-name',
          `guest=tapboot-${vm}`,
          '-nodefaults',
          '-machine',
          'pc,usb=off',
        ],
        ...['-accel', 'tcg,thread=multi', '-cpu', 'max,-cx16', '-smp', '1', '-m', '512M'],
        ...['-append', 'quiet console=ttyS0,115200n8', '-device', 'virtio-blk-pci,drive=vda'],
      ],
    })
      .emit({ type: 'phase:start', phase, vm, text: `${phase} of ${vm}` })
      .wait(seconds)
      .emit({ type: 'phase:end', phase, vm, text: `${phase} of ${vm}`, seconds })
      .emit({
        type: 'scenario:machine',
        scenario,
        vm,
        origin:
          origin === 'booted'
            ? { kind: 'booted', bootedAt }
            : { kind: 'restored', key: '9f2c41d0-77aa01bc', bootedAt, sameRun: true },
      });
  }

  end(outcome: 'passed' | 'failed', counts: Partial<Record<'passed' | 'failed', number>>): this {
    const first = this.events[0]?.at ?? this.#now;
    return this.emit({
      type: 'run:end',
      outcome,
      exitCode: outcome === 'passed' ? 0 : 1,
      counts: { ...noCounts(), ...counts },
      durationMs: this.#now - first,
    });
  }
}

export function command(text: string, more: Partial<CommandRecord> = {}): CommandRecord {
  return {
    channel: 'shell',
    command: text,
    stdout: '',
    stderr: '',
    exitStatus: 0,
    durationMs: 27,
    timedOut: false,
    dropped: { stdout: 0, stderr: 0 },
    ...more,
  };
}

export function stepRef(index: number, title: string, kind = 'run'): StepRef {
  return {
    index,
    title,
    kind,
    at: { file: 'scenarios/sample.yaml', line: 8 + index * 2, column: 5 },
  };
}

export function scenarioRef(id: string, name: string): ScenarioRef {
  return { id, name, file: `scenarios/${id}.yaml` };
}

const MIB = 1024 * 1024;

/** A mirror's member on which a removal has left the volume group. */
export const seededDisk: DiskMap = {
  disk: 'vdb',
  sizeBytes: 1536 * MIB,
  state: 'powered off',
  findings: [
    {
      offset: 4096,
      length: 4096,
      kind: 'md-superblock',
      what: 'md superblock 1.2, raid1 of 2, name residue:127',
    },
    { offset: 2 * MIB + 512, length: 512, kind: 'lvm-label', what: 'LVM2 label, PV 0aXc3K-…' },
    { offset: 2 * MIB + 4096, length: 512, kind: 'lvm-area', what: 'LVM2 metadata area, 1020 KiB' },
    { offset: 2 * MIB + 4608, length: 1401, kind: 'lvm-metadata', what: 'VG vg_residue, seqno 2' },
    { offset: 3 * MIB, length: 14, kind: 'bytes', what: 'residue-marker' },
  ],
  nonZero: [
    { offset: 4096, length: 8192 },
    { offset: 2 * MIB, length: 12288 },
    { offset: 3 * MIB, length: 4096 },
  ],
};

export const mismatchFailure: Failure = {
  class: 'product',
  code: 'TAPBOOT_E_DISK_EXPECTATION',
  message: 'vdb: 5 findings where none are allowed',
  phase: 'step',
  at: { file: 'scenarios/sample.yaml', line: 14, column: 5 },
  mismatches: [
    {
      what: 'signatures on vdb',
      expected: 'none',
      got: 'md superblock 1.2 at 4096\nLVM2 label at 2097664\nVG vg_residue at 2101760',
    },
    {
      what: 'stdout of vgs',
      expected: '',
      got: 'vg_residue',
      diff: '--- expected\n+++ got\n -1,2 +1,3 \n VG\n-\n+vg_residue\n+lv_residue\n end',
    },
  ],
  hint: 'Stop using the volume group before its array is stopped.',
  frame:
    '  12 |   - disks:\n  13 |       vda: any\n> 14 |       vdb: { signatures: none }\n     |       ^\n  15 |       vdc: { signatures: none }',
  output:
    '[   42.118] md127: stopped\n\x1b[31mvgremove: Volume group "vg_residue" not found\x1b[0m',
  artifacts: [
    {
      label: 'dmesg (step 3 failed)',
      path: '/srv/notes/2026-03-01T101500Z-vm-run/logs/diagnostics/dmesg.txt',
    },
  ],
};

/** Everything passes. */
export function passingRun(): SampleRun {
  const first = scenarioRef('provisions-clean-disk', 'Provisions a clean disk');
  const second = scenarioRef('configures-network', 'Configures the network');
  const run = new SampleRun();
  run.begin([
    { ...first, steps: 3, tags: ['vm', 'slow'] },
    { ...second, steps: 2, tags: ['vm', 'network'] },
  ]);
  pass(run, first, 'booted', 6.2, [
    ['wait', 'the agent has ended', 3.1, []],
    [
      'run',
      'volume groups',
      0.12,
      [command('vgs --noheadings -o vg_name', { stdout: '  main\n' })],
    ],
    [
      ...(['run', 'colours', 0.05] as const),
      [
        command('ls --color=always /', {
          stdout:
            '\x1b[01;34mbin\x1b[0m  \x1b[01;36mlib\x1b[0m  \x1b[30;42mtmp\x1b[0m  \x1b[38;5;208mvmlinuz\x1b[0m\n',
        }),
      ],
    ],
  ]);
  pass(run, second, 'restored', 0.3, [
    ['wait', 'an address on lan', 1.4, []],
    [
      'ssh',
      'who we are',
      0.5,
      [command('id -un', { channel: 'ssh', stdout: 'root\n', durationMs: 480 })],
    ],
  ]);
  return run.end('passed', { passed: 2 });
}

type SampleStep = [kind: string, title: string, seconds: number, commands: CommandRecord[]];

function pass(
  run: SampleRun,
  scenario: ScenarioRef,
  origin: 'booted' | 'restored',
  seconds: number,
  steps: SampleStep[],
): void {
  const started = run.now;
  const refs = steps.map(([kind, title], at) => stepRef(at + 1, title, kind));
  run.emit({ type: 'scenario:start', scenario, steps: refs, attempt: 1 });
  run.machine(scenario, origin, seconds);
  for (const [at, [, , took, commands]] of steps.entries()) {
    const step = refs[at]!;
    run.emit({ type: 'step:start', scenario, step }).wait(took);
    run.emit({
      type: 'step:end',
      scenario,
      step,
      outcome: 'passed',
      durationMs: took * 1000,
      commands,
      notes: [],
      artifacts: [],
    });
  }
  run.emit({
    type: 'scenario:end',
    scenario,
    outcome: 'passed',
    durationMs: run.now - started,
    artifacts: [],
  });
  run.emit({ type: 'vm:end', vm: scenario.id, reason: 'closed' });
}

/** One passes, one fails in its third step. @param more failing step's fields, for hostile ones */
export function failingRun(
  more: { artifacts?: { label: string; path: string }[] } = {},
): SampleRun {
  const first = scenarioRef('provisions-clean-disk', 'Provisions a clean disk');
  const second = scenarioRef('removes-raid-lvm-residue', 'Removes RAID and LVM residue');
  const run = new SampleRun();
  run.begin([
    { ...first, steps: 1, tags: ['vm'] },
    { ...second, steps: 4, tags: ['vm', 'residue'] },
  ]);
  pass(run, first, 'booted', 6.2, [['wait', 'the agent has ended', 3.1, []]]);
  const started = run.now;
  const refs = [
    stepRef(1, 'seed: mdadm --create /dev/md127 --level=1 --raid-devices=2 /dev/vdb /dev/vdc'),
    stepRef(2, 'pre-nixos.service runs again and ends', 'start'),
    stepRef(3, 'nothing is left on the disks', 'disks'),
    stepRef(4, 'the array does not come back', 'run'),
  ];
  run.emit({ type: 'scenario:start', scenario: second, steps: refs, attempt: 1 });
  run.machine(second, 'restored', 0.4);
  run.emit({ type: 'step:start', scenario: second, step: refs[0]! }).wait(2.8);
  run.emit({
    type: 'step:end',
    scenario: second,
    step: refs[0]!,
    outcome: 'passed',
    durationMs: 2800,
    commands: [
      command('mdadm --create /dev/md127 --force --level=1 --raid-devices=2 /dev/vdb /dev/vdc', {
        durationMs: 1210,
        stderr: 'mdadm: array /dev/md127 started.\n',
      }),
      command('pvcreate /dev/md127', { stdout: '  Physical volume "/dev/md127" created.\n' }),
    ],
    notes: ['from plan raid-lvm-residue/seed'],
    artifacts: [],
  });
  run.emit({ type: 'step:start', scenario: second, step: refs[1]! }).wait(4.1);
  run.emit({
    type: 'step:end',
    scenario: second,
    step: refs[1]!,
    outcome: 'passed',
    durationMs: 4100,
    commands: [command('systemctl restart pre-nixos.service')],
    notes: [],
    artifacts: [],
  });
  run.emit({ type: 'step:start', scenario: second, step: refs[2]! }).wait(1.3);
  run.emit({
    type: 'step:end',
    scenario: second,
    step: refs[2]!,
    outcome: 'failed',
    durationMs: 1300,
    commands: [command('sync'), command('vgs', { exitStatus: 5, stderr: 'vgs: failed\n' })],
    failure: mismatchFailure,
    notes: ['vdb: powered off'],
    artifacts: more.artifacts ?? [],
    disks: [seededDisk, { ...seededDisk, disk: 'vdc', findings: [], nonZero: [] }],
  });
  run.emit({ type: 'step:start', scenario: second, step: refs[3]! });
  run.emit({
    type: 'step:end',
    scenario: second,
    step: refs[3]!,
    outcome: 'skipped',
    durationMs: 0,
    commands: [],
    notes: [],
    artifacts: [],
    skipReason: 'step 3 failed',
  });
  run.emit({
    type: 'scenario:end',
    scenario: second,
    outcome: 'failed',
    durationMs: run.now - started,
    failure: mismatchFailure,
    artifacts: mismatchFailure.artifacts,
  });
  run.emit({ type: 'notice', level: 'warning', message: 'machine 2 answered late' });
  run.emit({ type: 'vm:end', vm: second.id, reason: 'closed' });
  return run.end('failed', { passed: 1, failed: 1 });
}

/** Scenarios of equal size on two workers; every 97th step fails. */
export function largeRun(scenarios: number, stepsEach: number): SampleRun {
  const run = new SampleRun();
  const refs = Array.from({ length: scenarios }, (_, at) =>
    scenarioRef(`scenario-${String(at + 1)}`, `Scenario number ${String(at + 1)}`),
  );
  run.begin(refs.map((ref) => ({ ...ref, steps: stepsEach, tags: ['vm'] })));
  let count = 0;
  let failures = 0;
  for (const [at, scenario] of refs.entries()) {
    const steps = Array.from({ length: stepsEach }, (_, index) =>
      stepRef(index + 1, `command number ${String(index + 1)} of ${scenario.id}`),
    );
    const started = run.now;
    let failure: Failure | undefined;
    run.emit({ type: 'scenario:start', scenario, steps, attempt: 1, worker: (at % 2) + 1 });
    run.machine(scenario, at === 0 ? 'booted' : 'restored', at === 0 ? 6 : 0.3);
    for (const step of steps) {
      count += 1;
      const took = 0.02 + ((count * 7919) % 100) / 400;
      const failed = count % 97 === 0;
      const own = failed ? { ...mismatchFailure, artifacts: [] } : undefined;
      failure ??= own;
      run.emit({ type: 'step:start', scenario, step }).wait(took);
      run.emit({
        type: 'step:end',
        scenario,
        step,
        outcome: failed ? 'failed' : 'passed',
        durationMs: took * 1000,
        commands: [
          command(`printf %s ${String(count)}`, { stdout: `${String(count)}\n`.repeat(4) }),
        ],
        notes: [],
        artifacts: [],
        failure: own,
      });
    }
    if (failure !== undefined) failures += 1;
    run.emit({
      type: 'scenario:end',
      scenario,
      outcome: failure === undefined ? 'passed' : 'failed',
      durationMs: run.now - started,
      artifacts: [],
      failure,
    });
    run.emit({ type: 'vm:end', vm: scenario.id, reason: 'closed' });
  }
  return run.end('failed', { passed: scenarios - failures, failed: failures });
}
