import type { EventSink } from '../events/events.js';
import { asItIs, guardedOutput, type Sink } from './output.js';
import { PrettyReporter } from './pretty.js';
import { tapBailOut, TapReporter } from './tap.js';

/** What decides on the report on stdout. */
export interface StdoutRequest {
  config: {
    /** Undefined: `pretty` on a terminal, else `tap`. */
    reporter: 'tap' | 'pretty' | undefined;
    tapVersion: 13 | 14;
    tapFlat: boolean;
    /** Further attempts after a failed one. */
    retries: number;
    /** A CI service runs us: no live status. */
    ci: boolean;
    color: boolean;
    /** True in a terminal that cannot move its cursor. */
    dumbTerminal: boolean;
  };
  stdout: Sink & { isTTY?: boolean; columns?: number; rows?: number };
  workingDirectory: string;
}

/** The report on stdout; `tap` or `pretty` is the same sink again. */
export interface StdoutReport {
  sink: EventSink;
  tap: TapReporter | undefined;
  pretty: PrettyReporter | undefined;
}

const wantsTap = ({ config, stdout }: StdoutRequest): boolean =>
  (config.reporter ?? (stdout.isTTY === true ? 'pretty' : 'tap')) === 'tap';

/**
 * Chooses the report on stdout: what was asked for, else TAP unless stdout is a terminal.
 * @param onError told once when stdout cannot be written to (a full disk, not a reader who left)
 */
export function stdoutReport(
  request: StdoutRequest,
  onError: (error: Error) => void,
): StdoutReport {
  const { config, stdout } = request;
  if (wantsTap(request)) {
    const retries = config.retries > 0;
    const layout = { version: config.tapVersion, flat: config.tapFlat, retries };
    const tap = new TapReporter(guardedOutput(stdout, onError), layout);
    return { sink: tap, tap, pretty: undefined };
  }
  const live = stdout.isTTY === true && !config.ci && !config.dumbTerminal;
  const sink = new PrettyReporter(guardedOutput(asItIs(stdout), onError), {
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
export function bailOut(request: StdoutRequest, reason: string): void {
  if (!wantsTap(request)) return;
  guardedOutput(request.stdout).write(tapBailOut(request.config.tapVersion, reason));
}
