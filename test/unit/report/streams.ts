import { noCounts } from '../../../driver/events/counts.js';
import type {
  CommandRecord,
  EventSink,
  Failure,
  NewEvent,
  ScenarioOutcome,
  ScenarioRef,
  StepRef,
} from '../../../driver/events/events.js';
import { EventStream } from '../../../driver/events/stream.js';
import type { FailureClass } from '../../../driver/error-codes.js';
import { exitCode } from '../../../driver/exit-code.js';

/** Texts that break a careless TAP writer. */
export const NASTY = {
  hash: 'C# and F\\# # TODO not a directive',
  directive: 'disk # SKIP really?',
  backslash: 'path C:\\temp\\\\x ends with \\',
  newline: 'two\nlines\r\nnot ok 1 - forged',
  escape: '\u001b[31mred\u001b[0m \u001b]0;title\u0007bell',
  number: '42 disks - ok 3',
  bail: 'Bail out! said the guest',
};

export const FAILURE: Failure = {
  class: 'product',
  code: 'TAPBOOT_E_EXPECTATION',
  message: 'stdout does not hold what is expected: "a" # \\ `b`',
  phase: 'step',
  at: { file: 'scenarios/residue.yaml', line: 12, column: 5 },
  mismatches: [
    {
      what: 'stdout contains',
      expected: 'STATE=applied\n',
      got: '  indented first\n...\n---\n\nBail out! no\n\ttab: {x} \u0000 \u001b[0m\n',
      diff: '--- expected\n+++ got\n -1 +1 \n-STATE=applied\n+STATE=failed\n \n# note\n',
    },
    { what: 'exit', expected: '0', got: '1' },
  ],
  hint: 'Look at the journal: it says "why".',
  frame: '  11 | steps:\n> 12 |   - run: x # y\n     |     ^',
  output: 'kernel: ok 1 - forged\r\n\u001b[31mnot ok 2\u001b[0m\n\n\n',
  artifacts: [{ label: 'journal # 1', path: '/notes/run/logs/diagnostics/journal: x.log' }],
};

export const COMMAND: CommandRecord = {
  channel: 'shell',
  command: 'printf \'%s\' "x"\necho # done',
  stdout: 'out\n',
  stderr: '',
  exitStatus: 1,
  durationMs: 12.5,
  timedOut: false,
  dropped: { stdout: 0, stderr: 3 },
};

export const scenario = (id: string, name = id): ScenarioRef => ({
  id,
  name,
  file: `scenarios/${id}.yaml`,
});

export const steps = (...titles: string[]): StepRef[] =>
  titles.map((title, index) => ({
    index: index + 1,
    title,
    kind: 'run',
    at: { file: 'scenarios/x.yaml', line: index + 5, column: 5 },
  }));

const rethrow = (error: unknown): never => {
  throw error;
};

/** A run told in short: emits what the engine would. */
export class Script {
  readonly #stream: EventStream;
  #now = Date.UTC(2026, 0, 2, 3, 4, 5);
  readonly #counts = noCounts();
  readonly #classes: FailureClass[] = [];
  exit = 0;

  constructor(...sinks: EventSink[]) {
    this.#stream = new EventStream(rethrow, () => (this.#now += 250));
    for (const sink of sinks) this.#stream.add(sink);
  }

  emit(event: NewEvent): void {
    this.#stream.emit(event);
  }

  begin(...scenarios: [ScenarioRef, number][]): void {
    this.emit({
      type: 'run:start',
      run: 'r1',
      directory: '/notes/2026-01-02T030405Z-vm-run',
      command: ['tapboot', 'run'],
      version: '0.1.0',
      scenarios: scenarios.map(([ref, count]) => ({ ...ref, steps: count, tags: ['vm', 'slow'] })),
    });
    this.emit({ type: 'accelerator', name: 'tcg', reasons: ['kvm hangs: no marker in 20 s'] });
    this.emit({
      type: 'image',
      spec: 'debian:fast',
      identity: 'abc',
      cached: false,
      buildSeconds: 24.5,
      artifact: { store_path: undefined, agent: 'reference' },
    });
    this.emit({ type: 'phase:start', phase: 'boot', vm: 'main', text: 'booting' });
    this.emit({
      type: 'vm:start',
      vm: 'main',
      argv: ['qemu-system-x86_64', '-m', '512'],
      version: 'QEMU 7.2',
    });
    this.emit({
      type: 'phase:end',
      phase: 'boot',
      vm: 'main',
      text: 'console ready',
      seconds: 5.1234,
    });
  }

  start(ref: ScenarioRef, list: StepRef[], attempt = 1, previous?: Failure): void {
    this.emit({ type: 'scenario:start', scenario: ref, steps: list, attempt, previous });
    this.emit({
      type: 'scenario:machine',
      scenario: ref,
      vm: 'main',
      origin: {
        kind: 'restored',
        key: 'k1',
        bootedAt: '2026-01-02T03:00:00.000Z',
        sameRun: true,
        kernel: { text: 'quiet # x=1', source: 'console' },
      },
    });
  }

  step(
    ref: ScenarioRef,
    step: StepRef,
    result: 'passed' | Failure | { skip: string } = 'passed',
  ): void {
    this.emit({ type: 'step:start', scenario: ref, step });
    const base = { type: 'step:end' as const, scenario: ref, step, durationMs: 1234.56789 };
    if (result === 'passed') {
      this.emit({
        ...base,
        outcome: 'passed',
        commands: [COMMAND],
        notes: ['vdb: blank # all'],
        artifacts: [],
      });
    } else if ('skip' in result) {
      this.emit({
        ...base,
        outcome: 'skipped',
        skipReason: result.skip,
        commands: [],
        notes: [],
        artifacts: [],
      });
    } else {
      this.emit({
        ...base,
        outcome: 'failed',
        failure: result,
        commands: [COMMAND],
        notes: [],
        artifacts: [],
      });
    }
  }

  end(ref: ScenarioRef, outcome: ScenarioOutcome, failure?: Failure): void {
    this.#counts[outcome]++;
    if (failure !== undefined && outcome !== 'known') this.#classes.push(failure.class);
    this.emit({
      type: 'scenario:end',
      scenario: ref,
      outcome,
      durationMs: 2000,
      artifacts: [],
      failure,
    });
  }

  queued(ref: ScenarioRef): void {
    this.#counts.queued++;
    this.emit({
      type: 'scenario:queued',
      scenario: ref,
      projectedSeconds: 4000,
      reason: 'projected # 66 min',
    });
  }

  notRun(ref: ScenarioRef): void {
    this.#counts['not-run']++;
    this.emit({
      type: 'scenario:not-run',
      scenario: ref,
      reason: 'stopped # after 1 failure',
    });
  }

  async finish(failure?: Failure, interrupted?: 'SIGINT'): Promise<void> {
    if (failure !== undefined) this.#classes.push(failure.class);
    if (interrupted !== undefined) this.#classes.push('infra');
    this.exit = exitCode(this.#classes, this.#counts.queued > 0);
    this.emit({
      type: 'run:end',
      outcome: this.exit === 0 ? 'passed' : this.exit === 1 ? 'failed' : 'error',
      exitCode: this.exit,
      counts: this.#counts,
      durationMs: 83_000,
      failure,
      interrupted,
    });
    await this.#stream.close();
  }
}

const [S1, S2, S3] = [scenario('s1', NASTY.hash), scenario('s2', NASTY.newline), scenario('s3')];
const TITLES = Object.values(NASTY);
const infra: Failure = { ...FAILURE, class: 'infra', message: 'disk full # at 3', mismatches: [] };

function pass(script: Script, ref: ScenarioRef): void {
  const list = steps(...TITLES);
  script.start(ref, list);
  for (const step of list) script.step(ref, step);
  script.end(ref, 'passed');
}

/** Runs of every kind; each ends by itself. */
export const RUNS: Record<string, (script: Script) => Promise<void>> = {
  passed: async (script) => {
    script.begin([S1, TITLES.length], [S2, TITLES.length]);
    pass(script, S1);
    pass(script, S2);
    await script.finish();
  },
  failed: async (script) => {
    const list = steps('first', 'second', 'third', 'always');
    script.begin([S1, 4], [S3, TITLES.length]);
    script.start(S1, list);
    script.step(S1, list[0]!);
    script.step(S1, list[1]!, FAILURE);
    script.step(S1, list[2]!, { skip: 'step 2 failed # see above' });
    script.step(S1, list[3]!);
    script.end(S1, 'failed', FAILURE);
    pass(script, S3);
    await script.finish();
  },
  'guest dead in a step, the rest never reported': async (script) => {
    const list = steps('first', 'second', 'third');
    const dead: Failure = { ...FAILURE, class: 'guest-dead', message: 'kernel panic' };
    script.begin([S1, 3]);
    script.start(S1, list);
    script.step(S1, list[0]!, dead);
    script.end(S1, 'failed', dead);
    await script.finish();
  },
  'scenario that never began': async (script) => {
    const dead: Failure = { ...FAILURE, class: 'guest-dead', phase: 'boot', message: 'no console' };
    script.begin([S1, 3], [S3, TITLES.length]);
    script.end(S1, 'failed', dead);
    pass(script, S3);
    await script.finish();
  },
  'all skipped': async (script) => {
    const list = steps('a', 'b');
    script.begin([S1, 2]);
    script.start(S1, list);
    for (const step of list) script.step(S1, step, { skip: 'not on this image' });
    script.end(S1, 'passed');
    await script.finish();
  },
  queued: async (script) => {
    script.begin([S3, TITLES.length], [S1, 4]);
    script.queued(S1);
    pass(script, S3);
    await script.finish();
  },
  'stopped after a failure': async (script) => {
    const list = steps('a');
    script.begin([S1, 1], [S3, 3]);
    script.start(S1, list);
    script.step(S1, list[0]!, FAILURE);
    script.end(S1, 'failed', FAILURE);
    script.notRun(S3);
    await script.finish();
  },
  'infrastructure lost': async (script) => {
    script.begin([S1, 2], [S3, 2]);
    const list = steps('a', 'b');
    script.start(S1, list);
    script.step(S1, list[0]!);
    await script.finish(infra);
  },
  'record broken after all passed': async (script) => {
    script.begin([S3, TITLES.length]);
    pass(script, S3);
    await script.finish(infra);
  },
  'a known failure': async (script) => {
    const list = steps('a', 'b');
    const known: Failure = {
      ...FAILURE,
      knownIssue: { reason: 'bug # 12', owner: 'us', expires: '2030-06-30' },
    };
    script.begin([S1, 2], [S3, TITLES.length]);
    script.start(S1, list);
    script.step(S1, list[0]!, known);
    script.step(S1, list[1]!, { skip: 'step 1 failed' });
    script.end(S1, 'known', known);
    pass(script, S3);
    await script.finish();
  },
  'a known failure that did not show': async (script) => {
    const list = steps('a');
    const known: Failure = {
      ...FAILURE,
      knownIssue: { reason: 'bug # 12', owner: 'us', expires: '2030-06-30' },
    };
    script.begin([S1, 1]);
    script.start(S1, list);
    script.step(S1, list[0]!, known);
    script.end(S1, 'known', known);
    await script.finish({ ...FAILURE, class: 'scenario', message: 'another did not show' });
  },
  interrupted: async (script) => {
    const list = steps('a', 'b');
    script.begin([S1, 2], [S3, 2]);
    script.start(S1, list);
    script.step(S1, list[0]!);
    await script.finish(undefined, 'SIGINT');
  },
  'zero scenarios': async (script) => {
    script.begin();
    await script.finish();
  },
  'side by side': async (script) => {
    const [a, b] = [steps('a1', 'a2'), steps('b1', 'b2')];
    script.begin([S1, 2], [S3, 2]);
    script.start(S1, a);
    script.start(S3, b);
    script.step(S3, b[0]!);
    script.step(S1, a[0]!);
    script.emit({ type: 'notice', level: 'warning', message: 'slow # disk' });
    script.step(S3, b[1]!, FAILURE);
    script.end(S3, 'failed', FAILURE);
    script.step(S1, a[1]!);
    script.end(S1, 'passed');
    await script.finish();
  },
};

/** Runs with a second attempt; for layouts with `retries`. */
export const RETRIED: Record<string, (script: Script) => Promise<void>> = {
  flaky: async (script) => {
    const list = steps('a', 'b');
    script.begin([S1, 2], [S3, TITLES.length]);
    script.start(S1, list);
    script.step(S1, list[0]!, FAILURE);
    script.start(S1, list, 2);
    for (const step of list) script.step(S1, step);
    script.end(S1, 'flaky');
    pass(script, S3);
    await script.finish();
  },
  'failed twice': async (script) => {
    const list = steps('a', 'b');
    script.begin([S1, 2]);
    script.start(S1, list);
    script.step(S1, list[0]!, FAILURE);
    script.start(S1, list, 2);
    script.step(S1, list[0]!);
    script.step(S1, list[1]!, FAILURE);
    script.end(S1, 'failed', FAILURE);
    await script.finish();
  },
};
