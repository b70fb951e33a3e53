import type { Client } from 'ssh2';
import { infraError } from '../errors.js';

/** The terminal that a person sits at. */
export interface PersonsTerminal {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WritableStream & { rows?: number; columns?: number };
  /** `TERM`. */
  type: string;
}

/**
 * A login shell in the guest on this terminal, until it ends.
 * @returns its exit status; 255 when the connection broke
 * @throws TapbootError `infra` TAPBOOT_E_SSH_SHELL when the guest refused a terminal
 */
export async function sshTerminal(
  client: Client,
  { stdin, stdout, type }: PersonsTerminal,
  signal?: AbortSignal,
): Promise<number> {
  const size = (): { rows: number; cols: number } => ({
    // A terminal that nobody has given a size says 0, and a shell of 0 columns is of no use.
    rows: stdout.rows || 24,
    cols: stdout.columns || 80,
  });
  return await new Promise((resolve, reject) => {
    client.shell({ ...size(), term: type }, (error, stream) => {
      if (error !== undefined) {
        reject(infraError('TAPBOOT_E_SSH_SHELL', 'the guest refused a terminal', { cause: error }));
        return;
      }
      let status = 255;
      const resize = (): void => {
        const { rows, cols } = size();
        stream.setWindow(rows, cols, 0, 0);
      };
      const give = (chunk: Buffer): void => {
        stream.write(chunk);
      };
      const stop = (): void => {
        stream.close();
      };
      const end = (): void => {
        stdout.off('resize', resize);
        stdin.off('data', give).setRawMode(false).pause();
        signal?.removeEventListener('abort', stop);
        client.off('close', end);
        resolve(status);
      };
      stream.on('exit', (code: number | null) => {
        status = code ?? 255;
      });
      stream.once('close', end);
      client.once('close', end);
      stream.on('data', (chunk: Buffer) => stdout.write(chunk));
      stream.stderr.on('data', (chunk: Buffer) => stdout.write(chunk));
      stdout.on('resize', resize);
      signal?.addEventListener('abort', stop, { once: true });
      stdin.setRawMode(true);
      stdin.resume().on('data', give);
    });
  });
}
