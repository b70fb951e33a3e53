import { regExpQuote } from '../../quote.js';
import { type TapbootError, productError, scenarioError } from '../../errors.js';
import { shellQuote } from '../../quote.js';
import { PAUSE_FUNCTION, TICK } from '../guest-scripts/pause.js';
import type { StepContext } from '../step-runner.js';
import { seconds } from '../wording.js';
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
 * A script that waits until something listens on a TCP port, IPv4 or IPv6. It reads the
 * kernel's tables itself: the second field is the local address, its port in hexadecimal
 * behind the last colon, the fourth the state, 0A for TCP_LISTEN (proc_net_tcp, Linux).
 *
 * @param tables where those lie
 */
export function waitForPortScript(
  port: number,
  tables: readonly string[] = ['/proc/net/tcp', '/proc/net/tcp6'],
): string {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return `
${PAUSE_FUNCTION}
listening() {
  for table in ${tables.map((table) => shellQuote(table)).join(' ')}; do
    [ -r "$table" ] || continue
    while read -r _ address _ state _; do
      case $state:$address in 0A:*:${hex}) printf '%s\\n' "$address"; return 0 ;; esac
    done <"$table"
  done
  return 1
}
until listening; do pause ${TICK}; done`.trim();
}

/**
 * A script that waits until an interface has an IPv4 address of global scope, and prints
 * what `ip` says of it. Asking costs a process, so it is done when the kernel's own list of
 * addresses has changed, and every two seconds besides (an interface may be renamed).
 */
export function waitForIpv4Script(name: string): string {
  return `
command -v ip >/dev/null 2>&1 || exit ${String(NO_IP_TOOL)}
${PAUSE_FUNCTION}
addressed() {
  shown=$(ip -4 -o addr show dev ${shellQuote(name)} scope global 2>/dev/null)
  case $shown in *' inet '*) ;; *) return 1 ;; esac
}
take() {
  local_table=
  [ -r /proc/net/fib_trie ] || return 0
  while read -r line; do local_table="$local_table$line;"; done </proc/net/fib_trie
}
while :; do
  take
  last=$local_table
  if addressed; then printf '%s\\n' "$shown"; exit 0; fi
  tick=0
  while [ "$tick" -lt 20 ]; do
    pause ${TICK}
    tick=$((tick + 1))
    take
    [ "$local_table" = "$last" ] || break
  done
done`.trim();
}
