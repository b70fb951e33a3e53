import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa, type ResultPromise } from 'execa';
import type { Test } from 'tap';
import { ledgerLineSchema, type LedgerLine } from '../../driver/record/ledger/ledger-schema.js';
import { metadataSchema, type Metadata } from '../../driver/record/metadata-schema.js';
import { qemuProcesses, untilGone } from './processes.js';
import { keepFailed } from './failed-runs.js';
import { linkSharedStates } from './shared-states.js';
import { failuresOf, tapTree, type TapTree } from './tap-tree.js';

export const projectRoot = dirname(dirname(fileURLToPath(new URL('.', import.meta.url))));

/** All that a run has left behind. */
export interface TapbootRun {
  code: number | undefined;
  /** Set when a signal ended the process, and not the process itself. */
  signal: string | undefined;
  stdout: string;
  stderr: string;
  tap: TapTree;
  /** Undefined when the run did not get as far as a record. */
  runDirectory: string | undefined;
  metadata: Metadata | undefined;
  ledger: LedgerLine[];
  /** How it ended, in one line: for the message of an assertion about that. */
  told: string;
}

export interface TapbootOptions {
  /** Added to an environment without any of tapboot's own variables. */
  env?: Record<string, string>;
  cwd?: string;
  logRoot?: string;
  /** Command that gets the command line as its last arguments. */
  wrap?: string[];
}

/**
 * A place of its own for some runs of the command: temporary files, log root and ledger.
 * At teardown nothing may be left of them: no process, no temporary file.
 */
export class Place {
  readonly directory: string;
  /** TMPDIR of the runs: also the mark by which their processes are known. */
  readonly temporary: string;
  readonly logRoot: string;
  readonly ledger: string;
  /** Saved machines of the runs. */
  readonly states: string;
  readonly #capsules: boolean;

  private constructor(directory: string, capsules: boolean) {
    this.directory = directory;
    this.#capsules = capsules;
    this.states = join(directory, 'states');
    this.temporary = join(directory, 't');
    this.logRoot = join(directory, 'notes');
    this.ledger = join(directory, 'ledger.jsonl');
  }

  /**
   * Short, since sockets are made below it. When the test fails, what its runs recorded is told
   * and kept.
   * @param options `states: 'none'` for tests about boots and about the cache itself: without it
   *   the machines that tests share are there already, as those of an earlier run; `capsules: true`
   *   for tests about those: a failure is not captured otherwise, which takes seconds
   */
  static async make(
    t: Test,
    options: { states?: 'shared' | 'none'; capsules?: boolean } = {},
  ): Promise<Place> {
    const directory = await mkdtemp(join(tmpdir(), 'tb-'));
    const place = new Place(directory, options.capsules === true);
    await mkdir(place.temporary);
    if (options.states !== 'none') linkSharedStates(place.states);
    t.teardown(async () => {
      for (const pid of await untilGone(place.temporary, 0)) process.kill(pid, 'SIGKILL');
      if (!t.passing()) await keepFailed(t, place);
      await rm(place.directory, { recursive: true, force: true });
    });
    return place;
  }

  environment(added: Record<string, string> = {}): Record<string, string> {
    const inherited = Object.entries(process.env).filter(
      ([name]) =>
        !/^(?:BOOT_IMAGE_VM_|TAPBOOT_|TAP_|CI$|NODE_OPTIONS$|NO_COLOR$|FORCE_COLOR$)/.test(name),
    );
    return {
      ...(Object.fromEntries(inherited) as Record<string, string>),
      TMPDIR: this.temporary,
      BOOT_IMAGE_VM_LEDGER_PATH: this.ledger,
      TAPBOOT_SNAPSHOT_DIR: this.states,
      ...added,
    };
  }

  /** Starts `tapboot ARGS`, the command of this checkout. */
  start(args: readonly string[], options: TapbootOptions = {}): TapbootProcess {
    const logRoot = options.logRoot ?? this.logRoot;
    // Tests run side by side already.
    const alone = args.includes('--workers') ? [] : ['--workers', '1'];
    const uncaptured = args[0] === 'run' && !this.#capsules && !args.includes('--capture');
    const capture = uncaptured ? ['--capture', 'none'] : [];
    const logged = ['run', 'watch'].includes(args[0] ?? '');
    const added = logged ? ['--log-root', logRoot, ...alone, ...capture] : [];
    const command = [join(projectRoot, 'bin/tapboot'), ...args, ...added];
    const [program = '', ...rest] = [...(options.wrap ?? []), ...command];
    const child = execa(program, rest, {
      reject: false,
      stdin: 'ignore',
      stripFinalNewline: false,
      cwd: options.cwd ?? projectRoot,
      env: this.environment(options.env),
      extendEnv: false,
    });
    return new TapbootProcess(this, child, logRoot);
  }

  async run(args: readonly string[], options: TapbootOptions = {}): Promise<TapbootRun> {
    return await this.start(args, options).end;
  }

  /** Asserts that no process and no file of the runs is left. */
  async expectNothingLeft(t: Test): Promise<void> {
    t.same(await untilGone(this.temporary), [], 'no process is left');
    t.same(readdirSync(this.temporary), [], 'no temporary file is left');
  }
}

/** A run under way. */
export class TapbootProcess {
  readonly pid: number;
  readonly end: Promise<TapbootRun>;
  readonly #place: Place;
  readonly #logRoot: string;
  /** Run directories that were there before this run. */
  readonly #earlier: ReadonlySet<string>;
  #stdout = '';
  #stderr = '';
  #ended = false;

  constructor(place: Place, child: ResultPromise, logRoot: string) {
    this.#place = place;
    this.#logRoot = logRoot;
    this.#earlier = new Set(runDirectories(logRoot));
    this.pid = child.pid ?? 0;
    child.stdout?.on('data', (chunk: Buffer) => {
      this.#stdout += chunk.toString();
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString();
    });
    this.end = child.then((result) => {
      this.#ended = true;
      const newest = newestRun(logRoot);
      const runDirectory = newest !== undefined && this.#earlier.has(newest) ? undefined : newest;
      const stderr = String(result.stderr);
      const tap = tapTree(String(result.stdout));
      return {
        code: result.exitCode,
        signal: result.signal,
        stdout: String(result.stdout),
        stderr,
        tap,
        told: [stderr.trim(), failuresOf(tap)].filter((text) => text !== '').join('; '),
        runDirectory,
        metadata: runDirectory === undefined ? undefined : readMetadata(runDirectory),
        ledger: readLedger(place.ledger),
      };
    });
  }

  /** Waits until stderr matches; throws when the run ends before. */
  async told(pattern: RegExp): Promise<void> {
    await this.#until(`${String(pattern)} on stderr`, () => pattern.test(this.#stderr));
  }

  /** Waits until stdout matches; throws when the run ends before. */
  async printed(pattern: RegExp): Promise<void> {
    await this.#until(`${String(pattern)} on stdout`, () => pattern.test(this.#stdout));
  }

  /** Waits for the first QEMU of this run, connected to its driver. @returns its pid */
  async qemu(): Promise<number> {
    await this.logged(/ VM \S+ starts/);
    const [pid] = qemuProcesses(this.#place.temporary);
    if (pid === undefined) throw new Error('there is no QEMU any more');
    return pid;
  }

  /** Waits until harness.log matches; throws when the run ends before. */
  async logged(pattern: RegExp): Promise<void> {
    await this.#until(`${String(pattern)} in harness.log`, () => pattern.test(this.#harnessLog()));
  }

  #harnessLog(): string {
    const run = newestRun(this.#logRoot);
    if (run === undefined || this.#earlier.has(run)) return '';
    const file = join(run, 'logs', 'harness.log');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  async #until(what: string, condition: () => boolean): Promise<void> {
    // Files and processes of another process: there is no event to wait for.
    while (!condition()) {
      if (this.#ended) throw new Error(`the run ended without ${what}:\n${this.#stdout}`);
      await sleep(20);
    }
  }
}

/** Run directories below a log root, in the order in which they were made. */
export function runDirectories(logRoot: string): string[] {
  if (!existsSync(logRoot) || !statSync(logRoot).isDirectory()) return [];
  return (
    readdirSync(logRoot)
      .filter((name) => name.includes('-vm-run'))
      .map((name) => join(logRoot, name))
      // Names of several runs within one second do not sort.
      .sort((a, b) => started(a).localeCompare(started(b)))
  );
}

const newestRun = (logRoot: string): string | undefined => runDirectories(logRoot).at(-1);

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

function started(run: string): string {
  const file = join(run, 'run.json');
  return existsSync(file) ? (readJson(file) as { started_at: string }).started_at : '';
}

/** `running`, `ended` or `interrupted`. */
export function runState(run: string): string {
  return (readJson(join(run, 'run.json')) as { state: string }).state;
}

/** @throws when the file violates its schema */
export function readMetadata(run: string): Metadata | undefined {
  const file = join(run, 'logs', 'metadata.json');
  return existsSync(file) ? metadataSchema.parse(readJson(file)) : undefined;
}

/**
 * All lines of a ledger.
 * @throws when a line is not whole or violates its schema
 */
function readLedger(file: string): LedgerLine[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  if (text !== '' && !text.endsWith('\n')) throw new Error('the ledger ends in half a line');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ledgerLineSchema.parse(JSON.parse(line)));
}
