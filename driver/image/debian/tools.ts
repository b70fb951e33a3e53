import { execa, ExecaError, type Options } from 'execa';
import { infraError } from '../../errors.js';
import type { Progress } from '../../host/progress.js';

/** Debian package that holds a tool the build calls, for the error message. */
const PACKAGE_OF: Record<string, string> = {
  'apt-cache': 'apt',
  'apt-config': 'apt',
  'apt-get': 'apt',
  cpio: 'cpio',
  flock: 'util-linux',
  'grub-mkimage': 'grub-common',
  lz4: 'lz4',
  mcopy: 'mtools',
  mformat: 'mtools',
  mmd: 'mtools',
  mmdebstrap: 'mmdebstrap',
  'mkfs.erofs': 'erofs-utils',
  tar: 'tar',
  xorriso: 'xorriso',
};

/** What a build step needs to run host tools. */
export interface ToolContext {
  progress: Progress;
  signal?: AbortSignal;
}

/**
 * Runs a host tool and returns its standard output; its standard error goes to the log.
 *
 * @throws TapbootError `TAPBOOT_E_TOOL_MISSING` or `TAPBOOT_E_IMAGE_BUILD` (infra), the
 *   latter with the tail of what the tool said.
 */
export async function runTool(
  context: ToolContext,
  tool: string,
  args: readonly string[],
  options: Pick<Options, 'cwd' | 'env' | 'input'> = {},
): Promise<string> {
  try {
    const result = await execa(tool, args, {
      ...options,
      env: { LC_ALL: 'C', ...options.env },
      stdin: options.input === undefined ? 'ignore' : 'pipe',
      maxBuffer: 64 * 1024 * 1024,
      cancelSignal: context.signal,
    });
    for (const line of result.stderr.split('\n')) {
      if (line !== '') context.progress.log(`${tool}: ${line}`);
    }
    return result.stdout;
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error;
    const failure = error as ExecaError;
    if (error.code === 'ENOENT') throw missingTool(tool);
    const said = [error.stderr, error.stdout].filter((text) => typeof text === 'string');
    throw infraError('TAPBOOT_E_IMAGE_BUILD', `${tool} failed (${ending(failure)})`, {
      got: error.escapedCommand.slice(0, 300),
      output: said.join('\n').trim().split('\n').slice(-25).join('\n'),
    });
  }
}

const ending = (error: ExecaError): string =>
  error.signal === undefined
    ? error.exitCode === undefined
      ? error.shortMessage
      : `exit status ${String(error.exitCode)}`
    : `signal ${error.signal}`;

/** The error for a host tool or file that is not installed. */
export function missingTool(tool: string, debianPackage = PACKAGE_OF[tool] ?? tool): Error {
  return infraError('TAPBOOT_E_TOOL_MISSING', `${tool} is not installed`, {
    expected: `${tool}, needed to build the Debian boot image`,
    hint: `apt-get install ${debianPackage}`,
  });
}
