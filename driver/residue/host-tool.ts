import { infraError, type TapbootError } from '../errors.js';
import { hostCommand } from '../host/command.js';

/** A host program, and the Debian package that brings it. */
export interface HostTool {
  command: string;
  package: string;
}

/** What a host program said. */
export interface ToolOutput {
  exitCode: number;
  stdout: string;
  stderr: string;
}

// Debian keeps wipefs and blkid where an unprivileged user's PATH does not look.
const systemFolders = ['/usr/sbin/', '/sbin/'];

/**
 * Runs a host program to its end, with plain C messages.
 * @param accepted exit statuses that are answers; any other, and a signal, is a failure of the host
 * @param silent those of them that are answers only without a word on stderr
 * @throws TapbootError `infra` TAPBOOT_E_TOOL_MISSING (names the package) or TAPBOOT_E_TOOL_FAILED
 */
export async function runHostTool(
  tool: HostTool,
  args: readonly string[],
  accepted: readonly number[],
  signal?: AbortSignal,
  silent: readonly number[] = [],
): Promise<ToolOutput> {
  const folders = tool.command.includes('/') ? [''] : ['', ...systemFolders];
  for (const folder of folders) {
    const result = await hostCommand(folder + tool.command, args, { env: { LC_ALL: 'C' }, signal });
    signal?.throwIfAborted();
    const { exitCode, stdout, stderr, missing, ending } = result;
    if (missing) continue;
    if (exitCode === null || !accepted.includes(exitCode)) {
      throw failed(tool, args, ending, stderr);
    }
    if (silent.includes(exitCode) && stderr.trim() !== '') {
      throw failed(tool, args, `exit status ${String(exitCode)} and an error message`, stderr);
    }
    return { exitCode, stdout, stderr };
  }
  throw infraError('TAPBOOT_E_TOOL_MISSING', `the host has no program ${tool.command}`, {
    expected: `${tool.command} of the package ${tool.package}, to inspect disks`,
    got: 'no such file in the PATH, /usr/sbin or /sbin',
    hint: `Install it: apt-get install ${tool.package}`,
  });
}

function failed(
  tool: HostTool,
  args: readonly string[],
  got: string,
  stderr: string,
): TapbootError {
  return infraError('TAPBOOT_E_TOOL_FAILED', `${tool.command} could not inspect the disk`, {
    got,
    output: `${[tool.command, ...args].join(' ')}\n${stderr}`.trimEnd(),
    hint: 'Run the command by hand; without its result the disk cannot be judged.',
  });
}
