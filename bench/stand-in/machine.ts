import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { standInArguments } from './arguments.js';
import { SerialConsole } from './console.js';

const QEMU = 'qemu-system-x86_64';

/** Clock ticks a second in /proc (proc_pid_stat(5)): 100 on every Linux that runs QEMU. */
const TICKS = 100;

/** A machine of the incumbent's kind that runs. */
export interface RunningStandIn {
  console: SerialConsole;
  sshPort: number;
  /** CPU seconds that QEMU has used. */
  cpuSeconds(): number;
  /** Ends QEMU, and waits for that. */
  stop(): Promise<void>;
}

/**
 * Starts a machine with new blank disks, sparse.
 * @param mebibytes of its disks: vda, vdb, …
 */
export async function startStandIn(
  iso: string,
  directory: string,
  mebibytes: readonly number[],
): Promise<RunningStandIn> {
  const disks = mebibytes.map((size, index) => {
    const path = join(directory, `stand-in-${String(index)}.img`);
    const file = openSync(path, 'w');
    ftruncateSync(file, size * 1024 ** 2);
    closeSync(file);
    return path;
  });
  const sshPort = await freePort();
  // Ends with us, whatever ends us.
  const words = ['--pdeathsig', 'KILL', QEMU, ...standInArguments({ iso, disks, sshPort })];
  const child = spawn('setpriv', words, { stdio: ['pipe', 'pipe', 'pipe'] });
  const console = new SerialConsole(child.stdout, child.stdin);
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString('utf8');
  });
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      console.end(error);
      resolve();
    });
    child.once('close', (code, signal) => {
      console.end(new Error(`QEMU has ended (${signal ?? String(code)}) ${complaint.trim()}`));
      resolve();
    });
  });
  return {
    console,
    sshPort,
    cpuSeconds: () => cpuSecondsOf(child),
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** A port that was free a moment ago, as the incumbent finds one. */
async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  });
}

/** User and system time of a process with all its threads. */
function cpuSecondsOf({ pid }: ChildProcess): number {
  if (pid === undefined) return Number.NaN;
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
  // The name may hold blanks and parentheses: fields count from its end. utime is the 14th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}
