import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { pipeline } from 'node:stream/promises';
import type { Channel, CommandResult, RunOptions } from '../channel/channel.js';
import { SFTP_LIMIT } from '../channel/ssh/sftp.js';
import { type TapbootError, infraError, productError, scenarioError } from '../errors.js';
import { shellQuote, withArguments } from '../quote.js';
import type { Guest } from './guest.js';
import {
  chooseBase64,
  chooseDigest,
  copyCommit,
  copyDigest,
  copyPrepare,
  copyRead,
} from './guest-scripts/scripts.generated.js';

/** Bytes of a file that fits well into a command's input and output where there is no SFTP. */
const INLINE_LIMIT = 8 * 1024 * 1024;

/**
 * Bytes up to which a file goes through a command also where SFTP is there: that is read to its
 * end, whatever size the kernel claims, as that of files in /proc and /sys.
 */
const SMALL = 64 * 1024;

/** Milliseconds for taking away what a copy into the guest has left half done. */
const TIDY_MS = 10_000;

/** What is copied where; `timeoutMs` covers the whole copy. */
export interface CopyOptions {
  host: string;
  guest: string;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

/** What has been copied, and how it is known to be whole. */
export interface Copied {
  bytes: number;
  /** The guest's tool that made the digest; undefined where it has none: the size is right. */
  digestBy: string | undefined;
}

/**
 * Copies one file into the guest: by SFTP where SSH stands, else through the best channel. The
 * guest's directory is made when missing. The file gets its name once it is whole: size and
 * digest are compared in the guest.
 * @param mode permission bits; default: those of the host's file
 * @throws TapbootError `product` TAPBOOT_E_COPY_TIMEOUT, TAPBOOT_E_COPY_FAILED; `infra`
 *   TAPBOOT_E_COPY_DAMAGED; `scenario` TAPBOOT_E_COPY_SOURCE, TAPBOOT_E_COPY_SIZE
 */
export async function copyIn(
  guest: Guest,
  options: CopyOptions & { mode: number | undefined },
): Promise<Copied> {
  const { host, guest: path } = options;
  const source = await sourceFile(host);
  const way = await openWay(guest, options, `could not write ${path} in the guest`);
  const ssh = source.size > SMALL ? guest.readySsh : undefined;
  refuseLarge(source.size, host, ssh !== undefined);
  const target = await way.run(prepareScript(path, dirname(path)));
  const part = `${target}.tapboot-${randomBytes(4).toString('hex')}`;
  try {
    if (ssh !== undefined) await ssh.upload(host, part, way.limits());
    else {
      const stdin = (await readFile(host)).toString('base64');
      await way.run(writeScript(part), { stdin });
    }
    const digests = await digestsOf(host);
    const mode = (options.mode ?? source.mode) & 0o7777;
    const wanted = { bytes: source.size, digests, mode };
    const tool = await way.run(commitScript(part, target, wanted));
    return { bytes: source.size, digestBy: tool === '' ? undefined : tool };
  } catch (error) {
    await way.remove(part);
    throw error;
  }
}

/**
 * Copies one file out of the guest; `host`'s directory is made when missing. The file gets its
 * name once it is whole: size and digest agree with the guest's.
 * @throws TapbootError as {@link copyIn}; `product` TAPBOOT_E_COPY_MISSING
 */
export async function copyOut(guest: Guest, options: CopyOptions): Promise<Copied> {
  const { host, guest: path } = options;
  const way = await openWay(guest, options, `could not read ${path} in the guest`);
  const size = Number(await way.run(sizeScript(path), {}, missing(path)));
  const ssh = size > SMALL ? guest.readySsh : undefined;
  refuseLarge(size, path, ssh !== undefined);
  await mkdir(dirname(host), { recursive: true });
  // A directory of its own: whatever comes late finds no place any more.
  const beside = await mkdtemp(join(dirname(host), '.tapboot-copy-'));
  try {
    const part = join(beside, basename(host));
    const copied =
      ssh === undefined
        ? await readByCommand(way, path, size, part)
        : await compared(way, path, part, await ssh.download(path, part, way.limits()));
    await rename(part, host);
    return copied;
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

/** @param size what the kernel said before: more than there is of files in /sys, 0 in /proc */
async function readByCommand(way: Way, path: string, size: number, part: string): Promise<Copied> {
  const output = await way.run(readScript(path), { outputLimit: INLINE_LIMIT * 2 });
  const end = output.indexOf('\n');
  const [after = '', length = '', digest = '', ...tool] = output.slice(0, end).split(' ');
  const text = output.slice(end + 1);
  const digestBy = digest === '' ? undefined : tool.join(' ');
  const got = digestBy === undefined ? '' : hash(digestOf(digestBy), text);
  if (text.length !== Number(length) || got !== digest) {
    const told = [`${length} characters of base64`, digest];
    throw damaged(way.what, told, [`${String(text.length)} characters of base64`, got]);
  }
  const content = Buffer.from(text, 'base64');
  const least = Math.min(size, Number(after));
  if (content.length < least) {
    throw damaged(way.what, [`${String(least)} bytes`], [`${String(content.length)} bytes`]);
  }
  await writeFile(part, content, { flag: 'wx' });
  return { bytes: content.length, digestBy };
}

/** Compares a file on the host with the first bytes of one in the guest, which may have grown. */
async function compared(way: Way, path: string, part: string, bytes: number): Promise<Copied> {
  const there = (await stat(part)).size;
  const [digest = '', ...tool] = (await way.run(digestScript(path, bytes))).split(' ');
  const digestBy = digest === '' ? undefined : tool.join(' ');
  const got = digestBy === undefined ? '' : (await digestsOf(part))[digestOf(digestBy)];
  if (there === bytes && got === digest) return { bytes, digestBy };
  throw damaged(way.what, [`${String(bytes)} bytes`, digest], [`${String(there)} bytes`, got]);
}

/** How the commands of one copy are run, within one timeout. */
interface Way {
  /** What has failed when something fails. */
  what: string;
  /** What is left of the time. */
  limits(): { timeoutMs: number; signal?: AbortSignal };
  /**
   * Runs a command that must succeed.
   * @param otherwise the error when its status is another; default: TAPBOOT_E_COPY_FAILED
   * @returns its stdout, whole
   */
  run(
    command: string,
    options?: Pick<RunOptions, 'stdin' | 'outputLimit'>,
    otherwise?: (result: CommandResult) => TapbootError,
  ): Promise<string>;
  /** Removes a file from the guest, with some time of its own. Never rejects. */
  remove(path: string): Promise<void>;
}

async function openWay(guest: Guest, options: CopyOptions, what: string): Promise<Way> {
  const { signal } = options;
  const until = performance.now() + options.timeoutMs;
  const limits = (): { timeoutMs: number; signal?: AbortSignal } => ({
    timeoutMs: Math.max(1, until - performance.now()),
    signal,
  });
  const channel: Channel = await guest.channel(undefined, options.timeoutMs);
  return {
    what,
    limits,
    async run(command, more = {}, otherwise) {
      const result = await channel.run(command, { ...limits(), ...more });
      if (result.timedOut) {
        throw productError('TAPBOOT_E_COPY_TIMEOUT', `${what} in time`, {
          expected: `an end within ${String(Math.round(options.timeoutMs / 100) / 10)} s`,
          got: 'the copy was still running and was killed',
        });
      }
      if (result.exitStatus === DAMAGED_STATUS) {
        throw damaged(what, ['what the host has'], [result.stderr.trim()]);
      }
      if (result.exitStatus !== 0) throw otherwise?.(result) ?? failed(what, result);
      if (result.dropped.stdout > 0) throw tooLarge(what, INLINE_LIMIT, 'more');
      return result.stdout;
    },
    async remove(path) {
      if (guest.dead) return;
      const removed = await channel.run(`rm -f ${shellQuote(path)}`, { timeoutMs: TIDY_MS }).then(
        ({ exitStatus }) => exitStatus === 0,
        () => false,
      );
      if (!removed) guest.warn(`${path} may be left in the guest: it could not be removed`);
    },
  };
}

async function sourceFile(path: string): Promise<{ size: number; mode: number }> {
  const facts = await stat(path).catch((cause: unknown) => {
    throw scenarioError('TAPBOOT_E_COPY_SOURCE', `cannot read ${path} on the host`, { cause });
  });
  if (facts.isFile()) return facts;
  throw scenarioError('TAPBOOT_E_COPY_SOURCE', `${path} is not a file`, {
    hint: 'Copy a directory as an archive, and unpack it in the guest.',
  });
}

function refuseLarge(bytes: number, path: string, sftp: boolean): void {
  const limit = sftp ? SFTP_LIMIT : INLINE_LIMIT;
  if (bytes <= limit) return;
  const without = sftp ? '' : ' without SSH';
  throw tooLarge(`${path} is too large to be copied${without}`, limit, `${String(bytes)} bytes`);
}

const tooLarge = (message: string, limit: number, got: string): TapbootError =>
  scenarioError('TAPBOOT_E_COPY_SIZE', message, {
    expected: `at most ${String(limit)} bytes`,
    got,
    hint:
      limit === SFTP_LIMIT
        ? 'Copy a part of it, or pack it in the guest first.'
        : 'Wait for SSH first, e.g. by an `ssh: true` step.',
  });

const failed = (what: string, { exitStatus, stderr }: CommandResult): TapbootError =>
  productError('TAPBOOT_E_COPY_FAILED', what, {
    got: stderr.trim() === '' ? `exit status ${String(exitStatus)}` : stderr.trim(),
  });

const missing =
  (path: string) =>
  ({ stderr }: CommandResult): TapbootError =>
    productError('TAPBOOT_E_COPY_MISSING', `the guest has no file ${path}`, {
      expected: `a regular file ${path}`,
      got: stderr.trim() === '' ? 'none' : stderr.trim(),
    });

const damaged = (what: string, expected: string[], got: string[]): TapbootError =>
  infraError('TAPBOOT_E_COPY_DAMAGED', `${what}: the copy differs from the original`, {
    expected: expected.filter((text) => text !== '').join(', '),
    got: got.filter((text) => text !== '').join(', '),
    hint: 'Is the file being written to? Copy it when nothing writes to it.',
  });

const hash = (name: DigestName, text: string): string =>
  createHash(name).update(text).digest('hex');

/** The digests of a file on the host. */
async function digestsOf(path: string): Promise<Record<DigestName, string>> {
  const sha256 = createHash('sha256');
  const md5 = createHash('md5');
  await pipeline(createReadStream(path), async function (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      sha256.update(chunk);
      md5.update(chunk);
    }
  });
  return { sha256: sha256.digest('hex'), md5: md5.digest('hex') };
}

/** What `copyIn` and `copyOut` ask of a file's digest; `md5` only where there is nothing better. */
export type DigestName = 'sha256' | 'md5';

/** The digest that a tool of the guest makes. */
export const digestOf = (tool: string): DigestName => (tool.startsWith('md5') ? 'md5' : 'sha256');

/** Prints the size of a file in bytes; fails where there is none. */
export const sizeScript = (path: string): string =>
  `f=${shellQuote(path)}; [ -f "$f" ] && { stat -L -c %s "$f" 2>/dev/null || wc -c <"$f"; }`;

/** Prints a file as base64, behind a line about it. */
export const readScript = (path: string): string =>
  withArguments([chooseDigest, chooseBase64, copyRead].join('\n'), path);

/** Prints the digest of a file's first bytes, and the tool that made it. */
export const digestScript = (path: string, bytes: number): string =>
  withArguments(`${chooseDigest}\n${copyDigest}`, path, bytes);

/** Makes the directory of a file, and prints where it will lie: links are followed. */
export const prepareScript = (path: string, directory: string): string =>
  withArguments(copyPrepare, path, directory);

/** Writes standard input, which is base64, to a new file that nobody else may read. */
export const writeScript = (part: string): string =>
  `${chooseBase64}; umask 077; $b -d >${shellQuote(part)}`;

/** Status of {@link commitScript} when what has arrived is not what was sent. */
export const DAMAGED_STATUS = 9;

/** Looks whether a file has arrived whole, and gives it its mode and its name. */
export const commitScript = (
  part: string,
  target: string,
  { bytes, digests, mode }: { bytes: number; digests: Record<DigestName, string>; mode: number },
): string =>
  withArguments(
    `${chooseDigest}\n${copyCommit}`,
    ...[part, target, bytes, mode.toString(8), digests.sha256, digests.md5],
  );
