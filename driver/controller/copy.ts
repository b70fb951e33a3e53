import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { productError, scenarioError } from '../errors.js';
import { shellQuote } from '../shell-quote.js';
import type { Guest } from './guest.js';

/** Bytes of a file that fits well into a command's input and output where there is no SFTP. */
const INLINE_LIMIT = 8 * 1024 * 1024;

/** What is copied where; `timeoutMs` covers the whole copy. */
export interface CopyOptions {
  host: string;
  guest: string;
  timeoutMs: number;
  signal?: AbortSignal;
}

/**
 * Copies one file into the guest: by SFTP where SSH stands, else through the best channel.
 * The guest's directory is made when missing.
 * @param mode permission bits; default: those of the host's file
 */
export async function copyIn(
  guest: Guest,
  options: CopyOptions & { mode: number | undefined },
): Promise<void> {
  const facts = await stat(options.host).catch((cause: unknown) => {
    throw scenarioError('TAPBOOT_E_COPY_SOURCE', `cannot read ${options.host} on the host`, {
      cause,
    });
  });
  if (!facts.isFile()) {
    throw scenarioError('TAPBOOT_E_COPY_SOURCE', `${options.host} is not a file`, {
      hint: 'Copy a directory as an archive, and unpack it in the guest.',
    });
  }
  const mode = (options.mode ?? facts.mode) & 0o7777;
  const channel = await guest.channel();
  const directory = dirname(options.guest);
  await expectSuccess(channel.run(`mkdir -p ${shellQuote(directory)}`, options), options.guest);
  const ssh = guest.readySsh;
  if (ssh !== undefined) {
    await ssh.upload(options.host, options.guest, mode);
  } else {
    refuseLarge(facts.size, options.host);
    const stdin = (await readFile(options.host)).toString('base64');
    const command = `base64 -d > ${shellQuote(options.guest)}`;
    await expectSuccess(channel.run(command, { ...options, stdin }), options.guest);
  }
  const chmod = `chmod ${mode.toString(8)} ${shellQuote(options.guest)}`;
  await expectSuccess(channel.run(chmod, options), options.guest);
}

/** Copies one file out of the guest; `host`'s directory is made when missing. */
export async function copyOut(guest: Guest, options: CopyOptions): Promise<void> {
  await mkdir(dirname(options.host), { recursive: true });
  const channel = await guest.channel();
  const size = await channel.run(
    `test -f ${shellQuote(options.guest)} && stat -L -c %s ${shellQuote(options.guest)}`,
    options,
  );
  if (size.exitStatus !== 0) {
    throw productError('TAPBOOT_E_COPY_MISSING', `the guest has no file ${options.guest}`, {
      expected: `a regular file ${options.guest}`,
      got: size.stderr.trim() === '' ? 'none' : size.stderr.trim(),
    });
  }
  const ssh = guest.readySsh;
  if (ssh !== undefined) {
    await ssh.download(options.guest, options.host);
    return;
  }
  refuseLarge(Number(size.stdout.trim()), options.guest);
  const outputLimit = INLINE_LIMIT * 2;
  const text = await channel.run(`base64 < ${shellQuote(options.guest)}`, {
    ...options,
    outputLimit,
  });
  await writeFile(options.host, Buffer.from(text.stdout, 'base64'));
}

function refuseLarge(bytes: number, path: string): void {
  if (bytes <= INLINE_LIMIT) return;
  throw scenarioError('TAPBOOT_E_COPY_SIZE', `${path} is too large to be copied without SSH`, {
    expected: `at most ${String(INLINE_LIMIT)} bytes`,
    got: `${String(bytes)} bytes`,
    hint: 'Wait for SSH first, e.g. by an `ssh: true` step.',
  });
}

async function expectSuccess(
  running: Promise<{ exitStatus: number | null; stderr: string; timedOut: boolean }>,
  path: string,
): Promise<void> {
  const result = await running;
  if (result.exitStatus === 0) return;
  throw productError('TAPBOOT_E_COPY_FAILED', `could not write ${path} in the guest`, {
    got: result.timedOut ? 'time-out' : result.stderr.trim(),
  });
}
