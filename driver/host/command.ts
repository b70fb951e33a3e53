import { createInterface } from 'node:readline';

/** How a command of the host is run. */
export interface CommandOptions {
  cwd?: string;
  /** Added to the environment of this process. */
  env?: Record<string, string | undefined>;
  /** Text for its standard input; absent: /dev/null. */
  input?: string | Buffer;
  /** Milliseconds until it is ended. */
  timeoutMs?: number;
  /** Ends it. */
  signal?: AbortSignal;
  /** What `signal` and `timeoutMs` end it by; absent: SIGTERM. */
  stopSignal?: 'SIGTERM' | 'SIGKILL';
  /** Open files that it gets as descriptors 3, 4, … */
  descriptors?: readonly number[];
  /** A session of its own: Ctrl-C does not reach it. */
  ownSession?: boolean;
  /** Told each line of stderr as it comes. */
  onLine?: (line: string) => void;
}

/** What a command of the host left behind. */
export interface CommandOutput {
  /** Null when a signal ended it. */
  exitCode: number | null;
  endedBy: NodeJS.Signals | null;
  /** The host has no such program. */
  missing: boolean;
  /** The caller's signal or the timeout ended it. */
  stopped: boolean;
  stdout: string;
  stderr: string;
  /** `ended with status 1`, `ended by SIGTERM`, `not found`. */
  ending: string;
}

/** Bash's words, and status, for a program that is not there (bash(1), EXIT STATUS). */
const NOT_FOUND = /: (?:not found|No such file or directory)\s*$/;

/**
 * Runs a program of the host to its end, by zx: words are quoted, nothing is printed, and an
 * exit status is an answer, not an exception. Programs that outlive a call (QEMU, a person's
 * ssh) are not started here.
 */
export async function hostCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandOutput> {
  const [{ $ }, { startTimer }] = await Promise.all([import('zx/core'), import('./timers.js')]);
  const { cwd, env, input, timeoutMs, signal, onLine, descriptors = [] } = options;
  const { stopSignal = 'SIGTERM' } = options;
  const running = $({
    quiet: true,
    nothrow: true,
    verbose: false,
    detached: options.ownSession ?? false,
    cwd,
    input,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', ...descriptors],
    // Bash takes a socket as stdin for a remote login, and reads ~/.bashrc, at level 1 only.
    env: { ...$.env, SHLVL: '1', ...env },
  })`exec ${program} ${[...args]}`;
  let stopped = signal?.aborted === true;
  const stop = (): void => {
    stopped = true;
    running.child?.kill(stopSignal);
  };
  if (stopped) stop();
  signal?.addEventListener('abort', stop, { once: true });
  const timer = timeoutMs === undefined ? undefined : startTimer(stop, timeoutMs);
  const reading = onLine === undefined ? undefined : readLines(running.stderr, onLine);
  try {
    const { exitCode, signal: endedBy, stdout, stderr } = await running;
    await reading;
    const missing = exitCode === 127 && NOT_FOUND.test(stderr.split('\n')[0] ?? '');
    return {
      exitCode,
      endedBy,
      missing,
      stopped,
      stdout,
      stderr,
      ending: missing
        ? `${program}: not found`
        : `ended ${endedBy === null ? `with status ${String(exitCode)}` : `by ${endedBy}`}`,
    };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

async function readLines(
  stream: NodeJS.ReadableStream,
  onLine: (line: string) => void,
): Promise<void> {
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) onLine(line);
}
