import { endingError, endingSignal } from '../ending.js';
import { type TapbootError, asTapbootError, describeError } from '../errors.js';
import { EventStream } from '../events/stream.js';
import { EXIT } from '../exit-code.js';
import { DEFAULT_IMAGE } from '../image/providers.js';
import { parseImageSpec } from '../image/spec.js';
import { EventsFile } from '../record/events-file.js';
import { listDigest } from '../record/list-digest.js';
import { type History, readHistory } from '../record/ledger/history.js';
import { overridesInForce } from '../record/overrides.js';
import { RunRecord } from '../record/run-record.js';
import { redactError, REDACTION, type Redactor, redacting, redactor } from '../redact.js';
import { listEntries } from '../snapshots/store/eviction.js';
import { snapshotsDirectory } from '../snapshots/store/store.js';
import { type FailurePolicy, failurePolicy } from './retry-policy.js';
import { FlakeCounter } from './flakes.js';
import { openingNotices } from './notices.js';
import type { RunOutput } from './output.js';
import type { RunRequest } from './request.js';
import { Run, type RunOptions } from './run.js';
import { type Chosen, chosenScenarios } from './scenario-arguments.js';
import type { PlannedScenario } from './work-list.js';
import { usualMachine } from '../image/usual-machine.js';
import { defaultWorkers, hostCapacity, machinesInMemory, measuredResidence } from './workers.js';

/**
 * Runs scenarios from request to exit code: `tapboot run`, and what `npm start` ends in.
 * Errors of the run are reported and recorded, and become the exit code.
 * @throws TapbootError when the run could not begin: wrong scenario or usage, no place for
 *   the record. On a TAP stdout a bail-out has been printed then.
 */
export async function runCommand(request: RunRequest): Promise<number> {
  const output = await request.openOutput(request);
  const known: { secrets?: Redactor } = {};
  try {
    return await begin(request, output, known);
  } catch (thrown) {
    const { secrets } = known;
    const error = redactError(asTapbootError(thrown), secrets ?? ((text) => text));
    // Without the scenarios nobody knows which of the values are secret.
    const command =
      secrets === undefined ? withoutValues(request.command) : request.command.map(secrets);
    await output.abort(error, { command, version: request.version });
    throw error;
  }
}

async function begin(
  request: RunRequest,
  output: RunOutput,
  known: { secrets?: Redactor },
): Promise<number> {
  const { config } = request;
  // What is wrong in files and in the call is found before anything is made or started.
  const chosen = await chosenScenarios(request, 'no-run');
  const secrets = redactor(chosen.secrets);
  known.secrets = secrets;
  parseImageSpec(config.image ?? DEFAULT_IMAGE, request.workingDirectory);
  const policy = failurePolicy(request);
  const history = await readHistory(config.ledgerPath);
  const record = await openRecord(request, secrets);
  const own = await chosenScenarios(request, record.directory.name, chosen);
  return await runRecorded(request, { record, history, chosen: own, secrets, output, policy });
}

async function openRecord(request: RunRequest, secrets: Redactor): Promise<RunRecord> {
  const { config, workingDirectory } = request;
  return await RunRecord.open({
    logRoot: config.logRoot,
    ledgerPath: config.ledgerPath,
    workingDirectory,
    command: request.command.map(secrets),
    environment: overridesInForce(request.environment, secrets),
    timeouts: {
      spawnSeconds: config.spawnTimeoutSeconds,
      loginSeconds: config.loginTimeoutSeconds,
    },
    sessionCeilingSeconds: config.sessionCeilingSeconds,
  });
}

/**
 * How many machines are used side by side, and whether one more may stand by. A machine that is
 * held for looking at it is the only one: nothing else is to move then.
 */
async function workersFor(
  {
    config,
    cacheDirectory,
    workingDirectory,
  }: Pick<RunRequest, 'config' | 'cacheDirectory' | 'workingDirectory'>,
  planned: readonly PlannedScenario[],
): Promise<Pick<RunOptions, 'workers' | 'standby'>> {
  if (config.debug) return { workers: 1, standby: false };
  const saved = await listEntries(snapshotsDirectory(config.snapshotDirectory, cacheDirectory));
  const resident = measuredResidence(saved);
  const usual = usualMachine(config.image, workingDirectory);
  const capacity = hostCapacity();
  const wanted = config.workers ?? defaultWorkers(planned, capacity, resident, usual.cpus);
  const workers = Math.max(1, Math.min(wanted, planned.length));
  // Steps that are reused decide which snapshot a machine comes from, when its turn has come.
  const wished = config.standby === 'auto' && !config.incremental;
  const room = machinesInMemory(planned, capacity.freeBytes, resident);
  // One stands by, and beside each that works one may still be read.
  return { workers, standby: wished && room > 2 * workers };
}

/** Ids are as the events have them: what is redacted there is redacted here. */
const digestOf = ({ divided = [] }: Chosen, secrets: Redactor): string =>
  listDigest(divided.map((id) => secrets(id)));

/** What a run has when it begins. */
interface Beginning {
  record: RunRecord;
  history: History;
  chosen: Chosen;
  secrets: Redactor;
  output: RunOutput;
  policy: FailurePolicy;
}

async function runRecorded(asked: RunRequest, beginning: Beginning): Promise<number> {
  const { record, history, chosen, secrets, output, policy } = beginning;
  const { planned } = chosen;
  const { config } = asked;
  // A run that cannot be recorded or reported any more has no verdict: it ends as by a signal.
  const breaking = new AbortController();
  const lost = (thrown: unknown): void => {
    breaking.abort(asTapbootError(thrown));
  };
  const request = { ...asked, signal: AbortSignal.any([asked.signal, breaking.signal]) };
  const harness = output.harness(record.directory.harnessLog, secrets, lost);
  const events = new EventStream(lost);
  const kept = new EventsFile(record.directory.events);
  const flakes = new FlakeCounter();
  const sinks = [record, harness, kept, flakes, ...output.sinks, ...(request.sinks ?? [])];
  for (const sink of sinks) events.add(redacting(sink, secrets));
  const run = new Run({
    request,
    record,
    events,
    secrets,
    log: (line) => {
      harness.log(line);
    },
    planned,
    history,
    shard: config.shard && { ...config.shard, digest: digestOf(chosen, secrets) },
    notices: openingNotices({ request, chosen, said: record.said, policy, history }),
    policy,
    ...(await workersFor(request, planned)),
  });
  // Before whoever aborts says so on stderr, the lines that are redrawn are taken away.
  const ending = (): void => {
    const name = endingSignal(request.signal);
    output.ending(`ending: ${name ?? endingError(request.signal).message}`);
  };
  request.signal.addEventListener('abort', ending, { once: true });
  let code = await run.execute();
  request.signal.removeEventListener('abort', ending);
  // TAP has one line for it; what was expected, what there was and what to do next goes here.
  if (output.tap && run.error !== undefined) {
    request.stderr.write(`tapboot: ${describeError(redactError(run.error, secrets))}\n`);
  }
  // One of them is enough: the same full disk is behind all. What broke the run has been told.
  const trouble: unknown = breaking.signal.reason;
  const told = trouble !== undefined && trouble === run.error;
  let incomplete = trouble === undefined || told ? undefined : asTapbootError(trouble);
  try {
    await record.close();
  } catch (thrown) {
    if (!told) incomplete = asTapbootError(thrown);
  }
  if (incomplete !== undefined) {
    output.amend(incomplete);
    code = incompleteRun(request, incomplete);
  }
  // The record's error, if there is one, has just been told.
  await events.close().catch(() => undefined);
  for (const error of await output.close()) code = incompleteRun(request, error);
  if (config.repeat > 1) request.stderr.write(flakes.text());
  // Where TAP owns stdout, people find the end of the story on stderr.
  if (output.tap) {
    const { path } = record.directory;
    request.stderr.write(`tapboot: run directory ${path}, exit code ${String(code)}\n`);
  }
  return code;
}

/** Record or report could not be finished: whatever the verdict was, it is not all told. */
function incompleteRun({ stderr }: RunRequest, error: TapbootError): number {
  stderr.write(`tapboot: ${describeError(error)}\n`);
  return EXIT.infra;
}

/** A command line without the values of its `--var`: which of them are secret is not known. */
export function withoutValues(command: readonly string[]): string[] {
  return command.map((word, index) => {
    if (word.startsWith('--var=')) return word.replace(/^(--var=[^=]*=).*$/s, `$1${REDACTION}`);
    return command[index - 1] === '--var' ? word.replace(/=.*$/s, `=${REDACTION}`) : word;
  });
}
