import type { Client, SFTPWrapper } from 'ssh2';
import {
  asTapbootError,
  infraError,
  productError,
  scenarioError,
  type TapbootError,
} from '../../errors.js';
import { awaitedLater, untilStopped } from '../../host/waiting.js';

/** Bytes of the largest file that is copied by SFTP: 1 GiB. */
export const SFTP_LIMIT = 1024 * 1024 * 1024;

/** Milliseconds for a whole transfer, and what else may end it. */
export interface TransferLimits {
  timeoutMs: number;
  signal?: AbortSignal;
}

/** The two of ssh2 that copy files: paths, options, and what to call at the end. */
type Transfer = (
  sftp: SFTPWrapper,
  step: (total: number, bytes: number, size: number) => void,
  done: (error?: Error | null) => void,
) => void;

/**
 * One file over one SFTP session of its own, which ends with it whatever happens.
 * @param what is copied where, for messages
 * @returns the bytes that were copied
 * @throws TapbootError `product` TAPBOOT_E_COPY_TIMEOUT, and TAPBOOT_E_COPY_FAILED with the
 *   server's reason; `scenario` TAPBOOT_E_COPY_SIZE; `infra` TAPBOOT_E_SFTP
 */
export async function transfer(
  client: Client,
  what: string,
  { timeoutMs, signal }: TransferLimits,
  copy: Transfer,
): Promise<number> {
  let session: SFTPWrapper | undefined;
  let copied = 0;
  let gone: () => void = () => undefined;
  const work = new Promise<void>((resolve, reject) => {
    gone = () => reject(new Error('the connection broke'));
    client.once('close', gone);
    client.sftp((error, sftp) => {
      if (error !== undefined) {
        reject(infraError('TAPBOOT_E_SFTP', 'the guest offers no SFTP', { cause: error }));
        return;
      }
      session = sftp;
      copy(
        sftp,
        (total, bytes, size) => {
          copied = total;
          if (size > SFTP_LIMIT) reject(tooLarge(what, size));
          // ssh2 would ask for the missing bytes for ever.
          else if (bytes === 0) reject(failed(what, `it ended after ${String(total)} bytes`));
        },
        (error) => {
          if (error) reject(error);
          else resolve();
        },
      );
    });
  });
  try {
    const stop = await untilStopped(work, timeoutMs, signal);
    if (stop?.why === 'abort') throw stop.reason;
    if (stop !== undefined) {
      throw productError('TAPBOOT_E_COPY_TIMEOUT', `could not copy ${what} in time`, {
        expected: `an end within ${String(Math.round(timeoutMs / 100) / 10)} s`,
        got: `${String(copied)} bytes when the timeout expired`,
      });
    }
    return copied;
  } catch (thrown) {
    throw asCopyError(what, thrown);
  } finally {
    client.removeListener('close', gone);
    // Once it is given up, what becomes of it is nobody's business.
    awaitedLater(work);
    session?.end();
  }
}

/** An error of the server has a number for a code, one of the host's files has a word. */
function asCopyError(what: string, thrown: unknown): TapbootError {
  const code: unknown = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  if (typeof code === 'number') return failed(what, reason);
  if (typeof code === 'string') return asTapbootError(thrown);
  return infraError('TAPBOOT_E_SFTP', `could not copy ${what}: ${reason}`, { cause: thrown });
}

const failed = (what: string, got: string): TapbootError =>
  productError('TAPBOOT_E_COPY_FAILED', `could not copy ${what}`, { got });

const tooLarge = (what: string, bytes: number): TapbootError =>
  scenarioError('TAPBOOT_E_COPY_SIZE', `could not copy ${what}: it is too large`, {
    expected: `at most ${String(SFTP_LIMIT)} bytes`,
    got: `${String(bytes)} bytes`,
  });
