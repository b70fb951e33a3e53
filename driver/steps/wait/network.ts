import { regExpQuote } from '../../quote.js';
import { type TapbootError, productError, scenarioError } from '../../errors.js';
import { withArguments } from '../../quote.js';
import { pause } from '../guest-scripts/scripts.generated.js';
import type { StepContext } from '../step-runner.js';
import { seconds } from '../wording.js';
import { untilIpv4, untilPort } from './scripts.generated.js';
import type { WaitCondition, WaitStep } from './schema.js';
import { explain, scriptFailure } from './unit-failures.js';

/** Waits until something in the guest listens on a TCP port; notes on which address. */
export async function waitForPort(
  { port }: Extract<WaitCondition, { what: 'port' }>,
  step: WaitStep,
  context: StepContext,
): Promise<void> {
  const what = `a listener on TCP port ${String(port)}`;
  const result = await runScript(waitForPortScript(port), what, step, context);
  if (result.timedOut) {
    const sockets =
      'ss -ltn 2>/dev/null || netstat -ltn 2>/dev/null || cat /proc/net/tcp /proc/net/tcp6';
    throw overdue(what, 'none', await explain(sockets, 'listening sockets', context), step);
  }
  if (result.exitStatus !== 0) throw scriptFailure(result, `wait for ${what}`);
}

/** Waits until an interface has a global IPv4 address; notes the address. */
export async function waitForIpv4(
  condition: Extract<WaitCondition, { what: 'ipv4' }>,
  step: WaitStep,
  context: StepContext,
): Promise<void> {
  const name = condition.interface;
  const what = `an IPv4 address on ${name}`;
  const result = await runScript(waitForIpv4Script(name), what, step, context);
  if (result.timedOut) {
    const output = await explain('ip addr', 'addresses', context);
    const present = new RegExp(`^\\d+: ${regExpQuote(name)}[:@]`, 'm').test(output);
    throw overdue(what, present ? 'no such address' : `no interface ${name}`, output, step);
  }
  if (result.exitStatus === NO_IP_TOOL) {
    throw scenarioError('TAPBOOT_E_GUEST_TOOL', `wait for ${what}: the guest has no \`ip\``, {
      hint: 'Wait for another sign of the network, e.g. `wait: {command: …}`.',
    });
  }
  if (result.exitStatus !== 0) throw scriptFailure(result, `wait for ${what}`);
  const address = /\binet ([0-9.]+(?:\/\d+)?)/.exec(result.stdout)?.[1];
  context.note(`${name} has ${address ?? result.stdout.trim()}`);
}

function runScript(script: string, what: string, step: WaitStep, context: StepContext) {
  return context.run(script, {
    timeoutMs: context.remainingMs(),
    label: `wait for ${what}`,
    channel: step.channel,
  });
}

function overdue(what: string, got: string, output: string, step: WaitStep): TapbootError {
  return productError(
    'TAPBOOT_E_WAIT_TIMEOUT',
    `waited ${seconds(step.timeoutMs)} for ${what}: ${got}`,
    { expected: what, got, output },
  );
}

/** Exit status when the guest has no `ip` (sysexits.h, EX_UNAVAILABLE). */
export const NO_IP_TOOL = 69;

/**
 * A script that waits until something listens on a TCP port, IPv4 or IPv6.
 * @param tables where the kernel's tables lie
 */
export const waitForPortScript = (
  port: number,
  tables: readonly string[] = ['/proc/net/tcp', '/proc/net/tcp6'],
): string =>
  withArguments(
    `${pause}\n${untilPort}`,
    ...[port.toString(16).toUpperCase().padStart(4, '0'), ...tables],
  );

/**
 * A script that waits until an interface has an IPv4 address of global scope, and prints
 * what `ip` says of it.
 */
export const waitForIpv4Script = (name: string): string =>
  withArguments(`${pause}\n${untilIpv4}`, name);
