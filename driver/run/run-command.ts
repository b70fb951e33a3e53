import { overridesInForce } from '../config/overrides.js';
import { asTapbootError, describeError, type TapbootError } from '../errors.js';
import { EXIT } from '../exit-code.js';
import { EventStream } from '../events/events.js';
import { DEFAULT_IMAGE } from '../image/providers.js';
import { parseImageSpec } from '../image/spec.js';
import { planBudget, type BudgetScenario } from '../ledger/budget.js';
import { readHistory, type History } from '../ledger/history.js';
import { RunRecord } from '../metadata/run-record.js';
import { HarnessLog } from '../report/harness-log.js';
import { redacting, redactor } from '../report/redact.js';
import type { Scenario } from '../scenario/index.js';
import { bailOut, stdoutReport, type StdoutReport } from './reporters.js';
import type { RunRequest } from './request.js';
import { Run, type Division } from './run.js';
import { repeated, type PlannedScenario } from './repeat.js';
import { chosenScenarios } from './selection.js';

/**
 * Runs scenarios from request to exit code: `tapboot run`, and what `npm start` ends in.
 * Errors of the run are reported and recorded, and become the exit code.
 * @throws TapbootError when the run could not begin: wrong scenario or usage, no place for
 *   the record. On a TAP stdout a bail-out has been printed then.
 */
export async function runCommand(request: RunRequest): Promise<number> {
  try {
    return await begin(request);
  } catch (thrown) {
    const error = asTapbootError(thrown);
    bailOut(request, error.message);
    throw error;
  }
}

async function begin(request: RunRequest): Promise<number> {
  const { config } = request;
  // What is wrong in files and in the call is found before anything is made or started.
  await chosenScenarios(request, 'no-run');
  parseImageSpec(config.image ?? DEFAULT_IMAGE, request.workingDirectory);
  const history = await readHistory(config.ledgerPath);
  const record = await openRecord(request);
  const scenarios = await chosenScenarios(request, record.directory.name);
  return await runRecorded(request, record, history, scenarios);
}

async function openRecord(request: RunRequest): Promise<RunRecord> {
  const { config, workingDirectory, command } = request;
  return await RunRecord.open({
    ...{ logRoot: config.logRoot, ledgerPath: config.ledgerPath, workingDirectory, command },
    environment: overridesInForce(request.environment),
    timeouts: {
      spawnSeconds: config.spawnTimeoutSeconds,
      loginSeconds: config.loginTimeoutSeconds,
    },
    sessionCeilingSeconds: config.sessionCeilingSeconds,
  });
}

const budgeted = (planned: PlannedScenario): BudgetScenario & { planned: PlannedScenario } => ({
  ...planned.ref,
  timeoutSeconds: planned.scenario.steps.reduce((sum, step) => sum + step.timeoutMs, 0) / 1000,
  planned,
});

/** What of `waiting` fits in the budget, and what does not. */
function divide(
  waiting: readonly PlannedScenario[],
  history: History,
  config: RunRequest['config'],
  spentSeconds: number,
): Division {
  const { budgetMinutes, hardBudgetMinutes: hardMinutes } = config;
  const limits = { budgetMinutes, hardMinutes, spentSeconds };
  const plan = planBudget(waiting.map(budgeted), history, limits);
  return {
    run: plan.run.map(({ scenario }) => scenario.planned),
    queued: plan.queued.map(({ scenario, projection, reason }) => ({
      planned: scenario.planned,
      projectedSeconds: projection.seconds,
      reason,
    })),
  };
}

async function runRecorded(
  request: RunRequest,
  record: RunRecord,
  history: History,
  scenarios: Scenario[],
): Promise<number> {
  const { config } = request;
  const secrets = redactor(scenarios.flatMap(({ redactedValues }) => redactedValues));
  const harness = new HarnessLog(record.directory.harnessLog, secrets);
  const events = new EventStream();
  const outputErrors: Error[] = [];
  const report = stdoutReport(request, history, (error) => outputErrors.push(error));
  const sinks = [record, harness, report.sink, ...(request.sinks ?? [])];
  for (const sink of sinks) events.add(redacting(sink, secrets));
  const planned = repeated(scenarios, config.repeat);
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
    badLedgerLines: history.badLines,
  });
  let code = await run.execute();
  // TAP has one line for it; what was expected, what there was and what to do next goes here.
  if (report.tap !== undefined && run.error !== undefined) {
    request.stderr.write(`tapboot: ${describeError(run.error)}\n`);
  }
  try {
    await record.close();
  } catch (thrown) {
    code = unrecorded(request, report, asTapbootError(thrown));
  }
  // The record's error, if there is one, has just been told.
  await events.close().catch(() => undefined);
  const [broken] = outputErrors;
  if (broken !== undefined) {
    request.stderr.write(`tapboot: the report on stdout is incomplete: ${broken.message}\n`);
    code = EXIT.infra;
  }
  summarise(request, report.tap !== undefined, record.directory.path, code);
  return code;
}

/** The record could not be finished: whatever the verdict was, it is not recorded. */
function unrecorded(request: RunRequest, report: StdoutReport, error: TapbootError): number {
  request.stderr.write(`tapboot: ${describeError(error)}\n`);
  report.tap?.bailOut(error.message);
  return EXIT.infra;
}

/** Where TAP owns stdout, people find the end of the story on stderr. */
function summarise(request: RunRequest, tap: boolean, directory: string, code: number): void {
  if (!tap) return;
  request.stderr.write(`tapboot: run directory ${directory}, exit code ${String(code)}\n`);
}
