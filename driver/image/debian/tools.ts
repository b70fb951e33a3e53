import { infraError } from '../../errors.js';
import { hostCommand, type CommandOptions } from '../../host/command.js';
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
  options: Pick<CommandOptions, 'cwd' | 'env' | 'input' | 'stopSignal'> = {},
): Promise<string> {
  const { progress, signal } = context;
  const { env, cwd, input, stopSignal } = options;
  const result = await hostCommand(tool, args, {
    cwd,
    input,
    stopSignal,
    env: { LC_ALL: 'C', ...env },
    signal,
  });
  const { exitCode, missing, stdout, stderr, ending } = result;
  if (missing) throw missingTool(tool);
  if (exitCode !== 0) {
    throw infraError('TAPBOOT_E_IMAGE_BUILD', `${tool} ${ending}`, {
      got: [tool, ...args].join(' ').slice(0, 300),
      output: `${stderr}\n${stdout}`.trim().split('\n').slice(-25).join('\n'),
    });
  }
  for (const line of stderr.split('\n')) if (line !== '') progress.log(`${tool}: ${line}`);
  return stdout.replace(/\r?\n$/, '');
}

/** The error for a host tool or file that is not installed. */
export function missingTool(tool: string, debianPackage = PACKAGE_OF[tool] ?? tool): Error {
  return infraError('TAPBOOT_E_TOOL_MISSING', `${tool} is not installed`, {
    expected: `${tool}, needed to build the Debian boot image`,
    hint: `apt-get install ${debianPackage}`,
  });
}
