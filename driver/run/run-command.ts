import { overridesInForce } from '../config/overrides.js';
import { asTapbootError, describeError, type TapbootError } from '../errors.js';
import { EventStream } from '../events/events.js';
import { planBudget, type BudgetScenario } from '../ledger/budget.js';
import { readHistory, type History } from '../ledger/history.js';
import { RunRecord } from '../metadata/run-record.js';
import { HarnessLog } from '../report/harness-log.js';
import { redacting, redactor } from '../report/redact.js';
import type { Scenario } from '../scenario/index.js';
import { bailOut, stdoutReport } from './reporters.js';
import type { RunRequest } from './request.js';
import { Run } from './run.js';
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
  // Everything that can be wrong in files is found before anything is made or started.
  await chosenScenarios(request, 'no-run');
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
  for (const sink of [record, harness, report.sink]) events.add(redacting(sink, secrets));
  const planned = repeated(scenarios, config.repeat);
  const plan = planBudget(planned.map(budgeted), history, {
    budgetMinutes: config.budgetMinutes,
    hardMinutes: config.hardBudgetMinutes,
  });
  const run = new Run({
    request,
    record,
    events,
    secrets,
    log: (line) => {
      harness.log(line);
    },
    planned,
    plan: {
      run: plan.run.map(({ scenario }) => scenario.planned),
      queued: plan.queued.map(({ scenario, projection, reason }) => ({
        planned: scenario.planned,
        projectedSeconds: projection.seconds,
        reason,
      })),
    },
    badLedgerLines: history.badLines,
  });
  let code = await run.execute();
  try {
    await events.close();
  } catch (thrown) {
    code = worse(request, asTapbootError(thrown));
  }
  const [broken] = outputErrors;
  if (broken !== undefined) {
    request.stderr.write(`tapboot: the report on stdout is incomplete: ${broken.message}\n`);
    code = 4;
  }
  summarise(request, report.tap, record.directory.path, code);
  return code;
}

/** The record could not be finished: whatever the verdict was, it is not recorded. */
function worse(request: RunRequest, error: TapbootError): number {
  request.stderr.write(`tapboot: ${describeError(error)}\n`);
  return 4;
}

/** Where TAP owns stdout, people find the end of the story on stderr. */
function summarise(request: RunRequest, tap: boolean, directory: string, code: number): void {
  if (!tap) return;
  request.stderr.write(`tapboot: run directory ${directory}, exit code ${String(code)}\n`);
}
