import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { constants } from 'node:os';

/** Milliseconds that a program has to end itself after SIGTERM. */
const GRACE_MS = 10_000;

/** Milliseconds that output may still arrive after the program itself has ended. */
const DRAIN_MS = 2000;

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Programs under way. */
const running = new Set();
/** The signal that ends us once all of them have ended. */
let received;

function forward(signal) {
  received = signal;
  for (const child of running) child.kill(signal);
}

function enter(child) {
  if (running.size === 0) for (const signal of FORWARDED) process.on(signal, forward);
  running.add(child);
}

function leave(child) {
  running.delete(child);
  if (running.size > 0) return;
  for (const signal of FORWARDED) process.off(signal, forward);
  if (received !== undefined) process.kill(process.pid, received);
}

/**
 * Runs a program without a shell, and passes signals on to it and to all others that run: they
 * get to end in their own way, and we end after the last of them, by the same signal.
 *
 * @param {string} file program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined>, log?: string, limitMs?: number,
 *   signal?: AbortSignal, stopSignal?: 'SIGTERM' | 'SIGINT',
 *   onStdout?: (chunk: Buffer) => void, onStderr?: (chunk: Buffer) => void }} [options]
 *   `log`: file that gets both streams; the streams themselves are never our own. `limitMs`: the
 *   program gets SIGTERM after so many milliseconds, and SIGKILL where that does not end it.
 *   `signal`: ends the program by `stopSignal`, and is awaited; SIGTERM is followed by SIGKILL, too
 * @returns {Promise<{ status: number, output: string }>} `output`: the last 64 KiB of both
 *   streams in the order they came; `status` is 127 when the program could not be started
 */
export function runChild(file, args, options = {}) {
  const { cwd, env, log, limitMs, signal, stopSignal = 'SIGTERM', onStdout, onStderr } = options;
  return new Promise((resolve) => {
    // The others are ending, and we after them: nothing new begins, and nobody goes on.
    if (received !== undefined) return;
    let output = '';
    let sink;
    if (log !== undefined) {
      mkdirSync(dirname(log), { recursive: true });
      sink = createWriteStream(log);
    }
    const keep = (chunk) => {
      sink?.write(chunk);
      output = (output + chunk.toString()).slice(-65536);
    };
    const child = spawn(file, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    enter(child);
    const end = (by) => {
      child.kill(by);
      if (by === 'SIGTERM') setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref();
    };
    const limit = setTimeout(
      () => {
        keep(`ended after its limit of ${String(limitMs / 1000)} s\n`);
        end('SIGTERM');
      },
      limitMs ?? 2 ** 31 - 1,
    );
    const stop = () => end(stopSignal);
    if (signal?.aborted === true) stop();
    signal?.addEventListener('abort', stop, { once: true });
    child.stdout.on('data', (chunk) => {
      keep(chunk);
      onStdout?.(chunk);
    });
    child.stderr.on('data', (chunk) => {
      keep(chunk);
      onStderr?.(chunk);
    });
    let finished = false;
    const finish = (status) => {
      // A program that cannot be started gives both `error` and `close`.
      if (finished) return;
      finished = true;
      clearTimeout(limit);
      signal?.removeEventListener('abort', stop);
      const done = () => {
        leave(child);
        if (received === undefined) resolve({ status, output });
      };
      if (sink === undefined) done();
      else sink.end(done);
    };
    child.on('error', (error) => {
      output += `${error.message}\n`;
      finish(127);
    });
    const statusOf = (code, by) => code ?? 128 + constants.signals[by];
    child.on('close', (code, by) => finish(statusOf(code, by)));
    // A grandchild left behind (a daemon that a package started) may hold the pipes open.
    child.on('exit', (code, by) => {
      const ending = received !== undefined || signal?.aborted === true;
      setTimeout(() => finish(statusOf(code, by)), ending ? 0 : DRAIN_MS).unref();
    });
  });
}
