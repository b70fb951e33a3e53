import { hostCommand, type CommandOutput } from '../../host/command.js';
import { type ErrorDetails, type TapbootError, infraError, scenarioError } from '../../errors.js';

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
  const lines: string[] = [];
  const result = await hostCommand(options.executable, all, {
    cwd: options.cwd,
    env: { NO_COLOR: '1', LC_ALL: 'C' },
    signal: options.signal,
    onLine: (line) => {
      options.onLine(line);
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
    },
  });
  if (result.exitCode === 0) return result.stdout.replace(/\n$/, '');
  if (result.stopped) {
    throw infraError('TAPBOOT_E_NIX_CANCELLED', 'nix was cancelled');
  }
  throw nixFailure(all, lines, result);
}

/** Lines of the log that an error shows. */
const TAIL = 40;

interface Case {
  pattern: RegExp;
  make: (details: ErrorDetails) => TapbootError;
}

/** How the process ended. */
export type EndOfNix = Pick<CommandOutput, 'missing' | 'ending'>;

/** What nix (2.8 to 2.34) says on stderr, and what it means for the user; first match counts. */
const CASES: readonly Case[] = [
  {
    pattern:
      /experimental (?:Nix )?feature '(?:flakes|nix-command)' is disabled|unrecognised flag '--(?:extra-experimental-features|print-out-paths)'|'build' is not a recognised command/,
    make: (details) =>
      infraError('TAPBOOT_E_NIX_FLAKES', 'this nix does not support flakes', {
        ...details,
        expected: 'nix 2.8 or newer with the features nix-command and flakes',
        hint: 'Update nix, and set “experimental-features = nix-command flakes” in nix.conf.',
      }),
  },
  {
    pattern: /does not provide attribute/,
    make: (details) =>
      scenarioError('TAPBOOT_E_NIX_ATTRIBUTE', 'the flake has no such attribute', {
        ...details,
        expected: 'an attribute of the flake that is a package, as in nix:.#bootImage',
        hint: 'nix flake show lists what the flake has.',
      }),
  },
  {
    pattern:
      /builder for '.*' failed|Cannot build '|dependenc(?:y|ies) .*failed|build of .* failed/,
    make: (details) =>
      infraError('TAPBOOT_E_NIX_BUILD', 'the image did not build', {
        ...details,
        hint: 'harness.log has the whole build log; repeat the build alone with the command above.',
      }),
  },
  {
    pattern:
      /could not find a flake\.nix|does not contain a .*flake\.nix|cannot find flake|^error: getting status of '|path '[^']*flake\.nix' does not exist|while fetching the input[^]*does not exist|is not a (?:valid URL|valid flake|flake)/m,
    make: (details) =>
      scenarioError('TAPBOOT_E_NIX_FLAKE', 'there is no such flake', {
        ...details,
        expected: 'a flake reference: nix:.#ATTR, nix:./DIRECTORY#ATTR, nix:github:OWNER/REPO#ATTR',
        hint: 'A flake in a git repository contains only files that git tracks: git add flake.nix',
      }),
  },
];

/**
 * The error for a nix that could not be started or has failed.
 * @param stderr its last lines
 */
export function nixFailure(
  args: readonly string[],
  stderr: readonly string[],
  end: EndOfNix,
): TapbootError {
  if (end.missing) {
    return infraError('TAPBOOT_E_NIX_MISSING', 'this image needs nix, which is not installed', {
      expected: 'the program nix on PATH',
      hint: 'Install Nix, or use another image: debian, or file:PATH.',
    });
  }
  const text = stderr.join('\n');
  const details: ErrorDetails = {
    got: `${shown(args)} ${end.ending}`,
    output: stderr.slice(-TAIL).join('\n'),
  };
  const found = CASES.find(({ pattern }) => pattern.test(text));
  if (found !== undefined) return found.make(details);
  return infraError('TAPBOOT_E_NIX_FAILED', 'nix failed', {
    ...details,
    hint: 'Run the command above by hand; nix may need --show-trace.',
  });
}

function shown(args: readonly string[]): string {
  return ['nix', ...args]
    .map((arg) => (/^[\w@%+=:,./#-]+$/.test(arg) ? arg : `'${arg}'`))
    .join(' ');
}
