import { execa } from 'execa';

/**
 * The line of a program's `--version` that has a version number in it; undefined for programs
 * that know no such option (ssh, mksquashfs). Programs differ in the stream that they use.
 */
export async function toolVersion(executable: string): Promise<string | undefined> {
  const result = await execa(executable, ['--version'], {
    reject: false,
    stdin: 'ignore',
    all: true,
    timeout: 10_000,
  });
  if (result.exitCode !== 0) return undefined;
  return result.all
    .split('\n')
    .map((line) => line.trim())
    .find((line) => /\d+\.\d+/.test(line));
}
