import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { constants } from 'node:os';

/** Milliseconds that a program has to end itself after SIGTERM. */
const GRACE_MS = 10_000;

/** Milliseconds that output may still arrive after the program itself has ended. */
const DRAIN_MS = 2000;

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs a program without a shell, and passes signals on to it: it gets to end in its own way,
 * and we end after it, by the same signal.
 *
 * @param {string} file program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined>, log?: string, limitMs?: number,
 *   onStdout?: (chunk: Buffer) => void, onStderr?: (chunk: Buffer) => void }} [options]
 *   `log`: file that gets both streams; the streams themselves are never our own. `limitMs`: the
 *   program gets SIGTERM after so many milliseconds, and SIGKILL where that does not end it
 * @returns {Promise<{ status: number, output: string }>} `output`: the last 64 KiB of both
 *   streams in the order they came; `status` is 127 when the program could not be started
 */
export function runChild(file, args, { cwd, env, log, limitMs, onStdout, onStderr } = {}) {
  return new Promise((resolve) => {
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
    const limit = setTimeout(
      () => {
        keep(`ended after its limit of ${String(limitMs / 1000)} s\n`);
        child.kill('SIGTERM');
        setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref();
      },
      limitMs ?? 2 ** 31 - 1,
    );
    let received;
    const forward = (signal) => {
      received = signal;
      child.kill(signal);
    };
    for (const signal of FORWARDED) process.on(signal, forward);
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
      for (const signal of FORWARDED) process.off(signal, forward);
      const done = () => {
        if (received !== undefined) process.kill(process.pid, received);
        else resolve({ status, output });
      };
      if (sink === undefined) done();
      else sink.end(done);
    };
    child.on('error', (error) => {
      output += `${error.message}\n`;
      finish(127);
    });
    const statusOf = (code, signal) => code ?? 128 + constants.signals[signal];
    child.on('close', (code, signal) => finish(statusOf(code, signal)));
    // A grandchild left behind (a daemon that a package started) may hold the pipes open.
    child.on('exit', (code, signal) => {
      const wait = received === undefined ? DRAIN_MS : 0;
      setTimeout(() => finish(statusOf(code, signal)), wait).unref();
    });
  });
}
