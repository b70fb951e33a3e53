import { hostCommand } from './command.js';

/**
 * The line of a program's `--version` that has a version number in it; undefined for programs
 * that know no such option (ssh, mksquashfs). Programs differ in the stream that they use.
 */
export async function toolVersion(executable: string): Promise<string | undefined> {
  const result = await hostCommand(executable, ['--version'], { timeoutMs: 10_000 });
  if (result.exitCode !== 0) return undefined;
  return `${result.stdout}\n${result.stderr}`
    .split('\n')
    .map((line) => line.trim())
    .find((line) => /\d+\.\d+/.test(line));
}
