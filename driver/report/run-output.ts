import { infraError, type TapbootError } from '../errors.js';
import type { EventSink } from '../events/events.js';
import type { Environment } from '../host/environment.js';
import { HarnessLog } from './harness-log.js';
import { HtmlReport } from './html/html-report.js';
import { openReports } from './open-reports.js';
import type { Sink } from './output.js';
import type { Reports } from './reports.js';
import { bailOut, stdoutReport, type StdoutRequest } from './stdout-report.js';

/** What a run's output is opened from. */
export interface OutputRequest extends StdoutRequest {
  config: StdoutRequest['config'] & {
    /** Each `NAME=TARGET`. */
    reports: readonly string[];
  };
  environment: Environment;
  stderr: Sink & { write(text: string): boolean };
}

/** All that a run shows: the report on stdout, those asked for, report.html. */
export interface Output {
  sinks: readonly EventSink[];
  tap: boolean;
  harness(
    file: string,
    redact: (text: string) => string,
    lost: (error: TapbootError) => void,
  ): HarnessLog;
  ending(text: string): void;
  abort(error: TapbootError, run: { command: string[]; version: string }): Promise<void>;
  amend(error: TapbootError): void;
  close(): Promise<TapbootError[]>;
}

/**
 * Opens what a run shows.
 * @throws TapbootError `scenario` for a wrong request, `infra` for a place that takes no file.
 *   On a TAP stdout a bail-out has been printed then.
 */
export async function openRunOutput(request: OutputRequest): Promise<Output> {
  const { config, stderr } = request;
  let reports: Reports;
  try {
    reports = await openReports({
      reports: config.reports,
      workingDirectory: request.workingDirectory,
      environment: request.environment,
      stderr,
      retries: config.retries > 0,
    });
  } catch (error) {
    bailOut(request, error instanceof Error ? error.message : String(error));
    throw error;
  }
  const broken: Error[] = [];
  const stdout = stdoutReport(request, (error) => broken.push(error));
  const page = new HtmlReport({
    onError: ({ message }) => {
      stderr.write(`tapboot: report.html cannot be written: ${message}\n`);
    },
  });
  // Those that are finished below, after the record, get their events only.
  const unclosed = [stdout.sink, ...reports.sinks].map((sink): EventSink => ({
    handle: (event) => {
      sink.handle(event);
    },
  }));
  return {
    sinks: [...unclosed, page],
    tap: stdout.tap !== undefined,
    harness: (file, redact, lost) => new HarnessLog(file, redact, lost),
    ending: (text) => stdout.pretty?.ending(text),
    abort: async (error, run) => {
      bailOut(request, error.message);
      await reports.abort(error, run);
    },
    amend: (error) => {
      stdout.tap?.bailOut(error.message);
      reports.amend(error);
    },
    close: async () => {
      const errors = await reports.close();
      for (const error of errors) stdout.tap?.bailOut(error.message);
      await stdout.sink.close?.();
      const incomplete = broken.map(({ message }) =>
        infraError('TAPBOOT_E_STDOUT', `the report on stdout is incomplete: ${message}`),
      );
      return [...errors, ...incomplete.slice(0, 1)];
    },
  };
}
