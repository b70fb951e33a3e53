// Judging what a command of nix did, and showing what it cost.
import { readFileSync } from 'node:fs';
import type { Test } from 'tap';
import type { NixOutcome, SandboxedNix } from './sandboxed-nix.js';

/** CPU seconds of all children that have ended, theirs included (proc(5), cutime and cstime). */
function cpuOfChildren(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

/** Runs nix, and shows in the log of the tests how long it took. */
export async function timed(
  t: Test,
  nix: SandboxedNix,
  what: string,
  args: readonly string[],
  options: { cwd?: string; onLine?: (line: string) => void } = {},
): Promise<NixOutcome> {
  const [started, before] = [performance.now(), cpuOfChildren()];
  const outcome = await nix.run(args, options);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const cpu = (cpuOfChildren() - before).toFixed(1);
  t.comment(`${what}: exit code ${String(outcome.exitCode)}, ${seconds} s, CPU ${cpu} s`);
  return outcome;
}

/** Asserts how a command ended; shows the end of its log when it did not end so. */
export function ended(t: Test, outcome: NixOutcome, well = true): void {
  if (t.equal(outcome.exitCode === 0, well, well ? 'it succeeds' : 'it fails')) return;
  t.comment(`${outcome.stdout.slice(-2000)}\n${outcome.stderr.split('\n').slice(-60).join('\n')}`);
}

/** Asserts that a log says something, without repeating the log when it does not. */
export function says(t: Test, log: string, pattern: RegExp | string): void {
  t.ok(typeof pattern === 'string' ? log.includes(pattern) : pattern.test(log), String(pattern));
}

/** Asserts that a log does not say something. */
export function saysNot(t: Test, log: string, pattern: RegExp): void {
  t.notOk(pattern.test(log), `not ${String(pattern)}`);
}
