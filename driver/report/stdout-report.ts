import type { EventSink } from '../events/events.js';
import { guardedOutput, type Output } from './output.js';
import { PrettyReporter } from './pretty.js';
import { tapBailOut, TapReporter } from './tap.js';
import type { RunRequest } from '../run/request.js';

/** The report on stdout; `tap` or `pretty` is the same sink again. */
export interface StdoutReport {
  sink: EventSink;
  tap: TapReporter | undefined;
  pretty: PrettyReporter | undefined;
}

const wantsTap = ({ config, stdout }: RunRequest): boolean =>
  (config.reporter ?? (stdout.isTTY === true ? 'pretty' : 'tap')) === 'tap';

/**
 * Chooses the report on stdout: what was asked for, else TAP unless stdout is a terminal.
 * @param onError told once when stdout cannot be written to (a full disk, not a reader who left)
 */
export function stdoutReport(request: RunRequest, onError: (error: Error) => void): StdoutReport {
  const { config, stdout } = request;
  const output: Output = guardedOutput(stdout, onError);
  if (wantsTap(request)) {
    const retries = config.retries > 0;
    const layout = { version: config.tapVersion, flat: config.tapFlat, retries };
    const tap = new TapReporter(output, layout);
    return { sink: tap, tap, pretty: undefined };
  }
  const live = stdout.isTTY === true && !config.ci && !config.dumbTerminal;
  const sink = new PrettyReporter(output, {
    // A pseudo-terminal that nobody has given a size (`script` without one) says 0.
    columns: () => stdout.columns || 80,
    rows: () => stdout.rows || 24,
    live,
    color: config.color && stdout.isTTY === true,
    workingDirectory: request.workingDirectory,
  });
  return { sink, tap: undefined, pretty: sink };
}

/** Tells a TAP consumer that a run could not even begin; silent for other reports. */
export function bailOut(request: RunRequest, reason: string): void {
  if (!wantsTap(request)) return;
  guardedOutput(request.stdout).write(tapBailOut(request.config.tapVersion, reason));
}
