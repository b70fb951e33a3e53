import { performance } from 'node:perf_hooks';
import type { BootImageVM } from '../machine/boot-image-vm.js';
import { describeError } from '../errors.js';
import type { FailedStep } from '../steps/index.js';
import { startTimer } from '../host/timers.js';
import { debugMenu } from './debug-menu.js';
import type { RunContext } from '../run/request.js';
import { waysIn } from './ways-in.js';

/**
 * Keeps a machine alive behind its failed step (`--debug`). On a terminal a menu leads to
 * its console and a root shell; without one, the ways in are printed, and the machine is
 * kept for the time that `--debug-for` says. An interrupt and the machine's death end it.
 * The verdict stays what it is. Never rejects.
 */
export async function holdForDebugging(
  vm: BootImageVM,
  failed: FailedStep,
  context: RunContext,
): Promise<void> {
  const { request, events, secrets } = context;
  const say = (text: string): void => {
    request.stderr.write(`${secrets(text)}\n`);
  };
  const started = performance.now();
  events.emit({ type: 'debug:start', vm: vm.name });
  try {
    say(`\ntapboot: step ${String(failed.index)} failed: ${failed.title}`);
    say(`  ${failed.failure.message} [${failed.failure.code}]`);
    if (vm.power === 'off') {
      say(`tapboot: ${vm.name} is powered off: no login is possible`);
      return;
    }
    const { stdin } = request;
    if (stdin?.isTTY === true && request.stderr.isTTY === true) {
      await debugMenu({ vm, failed, context, say, stdin });
    } else {
      await holdForAWhile(vm, context, say);
    }
  } catch (error) {
    say(`tapboot: debugging ended: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    const seconds = (performance.now() - started) / 1000;
    events.emit({ type: 'debug:end', vm: vm.name, seconds });
  }
}

async function holdForAWhile(
  vm: BootImageVM,
  { request, host }: RunContext,
  say: (text: string) => void,
): Promise<void> {
  const { debugForMs } = request.config;
  const { signal } = request;
  say(`tapboot: ${vm.name} is kept alive for ${String(debugForMs / 60_000)} minutes. Ways in:`);
  for (const line of await waysIn(vm, host.keys.clientKeyFile)) say(`  ${line}`);
  await new Promise<void>((resolve) => {
    const timer = startTimer(resolve, debugForMs);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    if (signal.aborted) done();
    signal.addEventListener('abort', done, { once: true });
    void vm.death.then((error) => {
      say(`tapboot: ${describeError(error)}`);
      done();
    });
  });
}
