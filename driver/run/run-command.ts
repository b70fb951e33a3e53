import { overridesInForce } from '../config/overrides.js';
import { endingError, endingSignal } from '../ending.js';
import { asTapbootError, describeError, type TapbootError } from '../errors.js';
import { redactError } from '../redact/redact-error.js';
import { EXIT } from '../exit-code.js';
import { EventStream } from '../events/stream.js';
import { DEFAULT_IMAGE } from '../image/providers.js';
import { parseImageSpec } from '../image/spec.js';
import { readHistory, type History } from '../record/ledger/history.js';
import { RunRecord } from '../record/run-record.js';
import { HarnessLog } from '../report/harness-log.js';
import { EventsFile } from '../report/events-file.js';
import { openReports } from '../report/open-reports.js';
import { HtmlReport } from '../report/html/html-report.js';
import { redacting, redactor, type Redactor } from '../report/redact.js';
import type { Reports } from '../report/reports.js';
import type { FailurePolicy } from './failure-policy.js';
import { FlakeCounter } from './flakes.js';
import { bailOut, stdoutReport, type StdoutReport } from '../report/stdout-report.js';
import type { RunRequest } from './request.js';
import { divide } from './division.js';
import { openingNotices } from './notices.js';
import { withoutValues } from './without-values.js';
import { Run } from './run.js';
import type { PlannedScenario } from './repeat.js';
import { chosenScenarios } from './selection.js';
import { listEntries } from '../snapshots/store/eviction.js';
import { statesDirectory } from '../snapshots/store/store.js';
import { defaultWorkers, hostCapacity, measuredResidence } from './workers.js';
import { failurePolicy } from './known-failures.js';

/**
 * Runs scenarios from request to exit code: `tapboot run`, and what `npm start` ends in.
 * Errors of the run are reported and recorded, and become the exit code.
 * @throws TapbootError when the run could not begin: wrong scenario or usage, no place for
 *   the record. On a TAP stdout a bail-out has been printed then.
 */
export async function runCommand(request: RunRequest): Promise<number> {
  let reports: Reports | undefined;
  const known: { secrets?: Redactor } = {};
  try {
    reports = await openReports({
      ...{ ...request, reports: request.config.reports, retries: request.config.retries > 0 },
    });
    return await begin(request, reports, known);
  } catch (thrown) {
    const { secrets } = known;
    const error = redactError(asTapbootError(thrown), secrets ?? ((text) => text));
    bailOut(request, error.message);
    // Without the scenarios nobody knows which of the values are secret.
    const command =
      secrets === undefined ? withoutValues(request.command) : request.command.map(secrets);
    await reports?.abort(error, { command, version: request.version });
    throw error;
  }
}

async function begin(
  request: RunRequest,
  reports: Reports,
  known: { secrets?: Redactor },
): Promise<number> {
  const { config } = request;
  // What is wrong in files and in the call is found before anything is made or started.
  const secrets = redactor((await chosenScenarios(request, 'no-run')).secrets);
  known.secrets = secrets;
  parseImageSpec(config.image ?? DEFAULT_IMAGE, request.workingDirectory);
  const policy = failurePolicy(request);
  const history = await readHistory(config.ledgerPath);
  const record = await openRecord(request, secrets);
  const { planned } = await chosenScenarios(request, record.directory.name);
  return await runRecorded(request, { record, history, planned, secrets, reports, policy });
}

async function openRecord(request: RunRequest, secrets: Redactor): Promise<RunRecord> {
  const { config, workingDirectory } = request;
  return await RunRecord.open({
    ...{ logRoot: config.logRoot, ledgerPath: config.ledgerPath, workingDirectory },
    command: request.command.map(secrets),
    environment: overridesInForce(request.environment, secrets),
    timeouts: {
      spawnSeconds: config.spawnTimeoutSeconds,
      loginSeconds: config.loginTimeoutSeconds,
    },
    sessionCeilingSeconds: config.sessionCeilingSeconds,
  });
}

/** A machine that is held for looking at it is the only one: nothing else is to move then. */
async function workersFor(
  { config, cacheDirectory }: Pick<RunRequest, 'config' | 'cacheDirectory'>,
  planned: readonly PlannedScenario[],
): Promise<number> {
  if (config.debug) return 1;
  const saved = await listEntries(statesDirectory(config.stateDirectory, cacheDirectory));
  const wanted =
    config.workers ?? defaultWorkers(planned, hostCapacity(), measuredResidence(saved));
  return Math.max(1, Math.min(wanted, planned.length));
}

/** What a run has when it begins. */
interface Beginning {
  record: RunRecord;
  history: History;
  planned: PlannedScenario[];
  secrets: Redactor;
  reports: Reports;
  policy: FailurePolicy;
}

async function runRecorded(asked: RunRequest, beginning: Beginning): Promise<number> {
  const { record, history, planned, secrets, reports, policy } = beginning;
  const { config } = asked;
  // A run that cannot be recorded or reported any more has no verdict: it ends as by a signal.
  const breaking = new AbortController();
  const lost = (thrown: unknown): void => {
    breaking.abort(asTapbootError(thrown));
  };
  const request = { ...asked, signal: AbortSignal.any([asked.signal, breaking.signal]) };
  const harness = new HarnessLog(record.directory.harnessLog, secrets, lost);
  const events = new EventStream(lost);
  const outputErrors: Error[] = [];
  const report = stdoutReport(request, (error) => outputErrors.push(error));
  const kept = new EventsFile(record.directory.events);
  const flakes = new FlakeCounter();
  const page = new HtmlReport({
    onError: ({ message }) => {
      request.stderr.write(`tapboot: report.html cannot be written: ${message}\n`);
    },
  });
  const sinks = [record, harness, kept, report.sink, flakes, page, ...reports.sinks];
  sinks.push(...(request.sinks ?? []));
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
    divide: (waiting, spentSeconds) => divide(waiting, history, config, spentSeconds),
    notices: openingNotices({ request, planned, said: record.said, policy, history }),
    policy,
    workers: await workersFor(request, planned),
    seconds: ({ ref }) => history.passes(ref).at(-1),
  });
  // Before whoever aborts says so on stderr, the lines that are redrawn are taken away.
  const ending = (): void => {
    const name = endingSignal(request.signal);
    report.pretty?.ending(`ending: ${name ?? endingError(request.signal).message}`);
  };
  request.signal.addEventListener('abort', ending, { once: true });
  let code = await run.execute();
  request.signal.removeEventListener('abort', ending);
  // TAP has one line for it; what was expected, what there was and what to do next goes here.
  if (report.tap !== undefined && run.error !== undefined) {
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
  if (incomplete !== undefined) code = unrecorded(request, report, incomplete, reports);
  // The record's error, if there is one, has just been told.
  await events.close().catch(() => undefined);
  for (const error of await reports.close()) code = unrecorded(request, report, error);
  await report.sink.close?.();
  const [broken] = outputErrors;
  if (broken !== undefined) {
    request.stderr.write(`tapboot: the report on stdout is incomplete: ${broken.message}\n`);
    code = EXIT.infra;
  }
  if (config.repeat > 1) request.stderr.write(flakes.text());
  summarise(request, report.tap !== undefined, record.directory.path, code);
  return code;
}

/** Record or report could not be finished: whatever the verdict was, it is not all told. */
function unrecorded(
  request: RunRequest,
  report: StdoutReport,
  error: TapbootError,
  reports?: Reports,
): number {
  request.stderr.write(`tapboot: ${describeError(error)}\n`);
  report.tap?.bailOut(error.message);
  reports?.amend(error);
  return EXIT.infra;
}

/** Where TAP owns stdout, people find the end of the story on stderr. */
function summarise(request: RunRequest, tap: boolean, directory: string, code: number): void {
  if (!tap) return;
  request.stderr.write(`tapboot: run directory ${directory}, exit code ${String(code)}\n`);
}
