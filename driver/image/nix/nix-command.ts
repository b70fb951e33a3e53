import { execa, ExecaError } from 'execa';
import { createInterface } from 'node:readline';
import { infraError } from '../../errors.js';
import { nixFailure } from './nix-failure.js';

/** Where and with what `nix` is run. */
export interface NixCommandOptions {
  /** Program: a name on PATH or a path. */
  executable: string;
  /** Directory that relative flake references count from. */
  cwd: string;
  /** Called for each line that nix prints on stderr, as it comes. */
  onLine: (line: string) => void;
  signal?: AbortSignal;
}

/** Lines of stderr kept for an error: enough for the end of a build's log. */
const KEPT_LINES = 400;

/**
 * Runs `nix ARGS` with flakes switched on, whatever the user's nix.conf says.
 * @returns stdout
 * @throws TapbootError that says what went wrong, with the tail of the log
 */
export async function runNix(args: readonly string[], options: NixCommandOptions): Promise<string> {
  const all = ['--extra-experimental-features', 'nix-command flakes', ...args];
  const child = execa(options.executable, all, {
    cwd: options.cwd,
    stdin: 'ignore',
    // The build's log is read line by line below; keeping it whole as well has no bound.
    buffer: { stdout: true, stderr: false },
    env: { NO_COLOR: '1', LC_ALL: 'C' },
    cancelSignal: options.signal,
  });
  const lines: string[] = [];
  const reading = (async () => {
    for await (const line of createInterface({ input: child.stderr, crlfDelay: Infinity })) {
      options.onLine(line);
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
    }
  })();
  try {
    const [{ stdout }] = await Promise.all([child, reading]);
    return stdout;
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error;
    await reading.catch(() => undefined);
    if (error.isCanceled) {
      throw infraError('TAPBOOT_E_NIX_CANCELLED', 'nix was stopped before it had ended', {
        cause: error,
      });
    }
    throw nixFailure(all, lines, error);
  }
}
