import type { Environment } from '../host/environment.js';
import { describeError } from '../errors.js';
import { EXIT } from '../exit-code.js';
import { openReports, type Terminal } from '../report/open-reports.js';
import { guardedOutput } from '../report/output.js';
import { TapReporter } from '../report/tap.js';
import { mergeEvents } from '../record/merge/merge-events.js';
import { mergeLedger } from '../record/merge/merge-ledger.js';
import type { Shard } from '../record/merge/shard.js';

/** A merge as it was asked for. */
export interface MergeRequest {
  shards: readonly Shard[];
  /** Each `NAME=TARGET`. */
  reports: readonly string[];
  /** Absolute. */
  ledger?: string;
  tap: { version: 13 | 14; flat: boolean };
  workingDirectory: string;
  environment: Environment;
  stdout: Terminal;
  stderr: Terminal;
  command: string[];
  version: string;
}

/**
 * Joins runs: TAP on stdout, further reports, one ledger.
 * @returns the exit code of one run that did all of it
 * @throws TapbootError `scenario` for a wrong `--report`, `infra` when a target or the
 *   ledger cannot be written
 */
export async function runMerge(request: MergeRequest): Promise<number> {
  const { shards, stdout, stderr, ledger, command, version } = request;
  const reports = await openReports({ ...request, retries: true });
  const errors: Error[] = [];
  const output = guardedOutput(stdout, (error) => errors.push(error));
  const tap = new TapReporter(output, { ...request.tap, retries: true });
  const sinks = [tap, ...reports.sinks];
  const end = await mergeEvents(
    shards,
    {
      handle: (event) => {
        for (const sink of sinks) sink.handle(event);
      },
    },
    { command, version },
  );
  let code = end.exitCode;
  for (const error of await reports.close()) {
    stderr.write(`tapboot: ${describeError(error)}\n`);
    tap.bailOut(error.message);
    code = EXIT.infra;
  }
  if (ledger !== undefined) {
    for (const said of await mergeLedger(shards, ledger)) stderr.write(`tapboot: ${said}\n`);
  }
  await tap.close();
  if (errors.length > 0) code = EXIT.infra;
  stderr.write(`tapboot: ${String(shards.length)} runs merged, exit code ${String(code)}\n`);
  return code;
}
