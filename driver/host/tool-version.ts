import { execa } from 'execa';

/**
 * First line that a program prints for `--version`; undefined when it prints none. Programs
 * differ in the stream and in the exit status that they choose for it.
 */
export async function toolVersion(executable: string): Promise<string | undefined> {
  const result = await execa(executable, ['--version'], {
    reject: false,
    stdin: 'ignore',
    all: true,
    timeout: 10_000,
  });
  return result.all
    .split('\n')
    .map((line) => line.trim())
    .find((line) => line !== '');
}
