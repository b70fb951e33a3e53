import { text } from 'node:stream/consumers';
import { consoleTerminal } from './console-terminal.js';
import { withPersonsShell } from './persons-console.js';
import { rootShell } from './root-shell.js';
import type { PersonsTerminal } from './ssh-terminal.js';
import type { BootImageVM } from '../machine/boot-image-vm.js';
import type { VmHost } from '../machine/vm-host.js';
import { untilAborted } from '../host/waiting.js';
import { asTapbootError, guestDead } from '../errors.js';

/** A day: commands of people take as long as they take. */
const NO_LIMIT_MS = 24 * 3_600_000;

/** Characters of the console shown of a machine that does not answer. */
const CONSOLE_TAIL = 2000;

/** Bytes kept of each stream of a command. */
const OUTPUT_LIMIT = 64 * 1024 ** 2;

/** What is to be done in a machine, and where its words go. */
export interface SessionOptions {
  vm: BootImageVM;
  host: VmHost;
  /** A command with its words; empty: a shell, or stdin as a script. */
  command: readonly string[];
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WritableStream & { isTTY?: boolean; rows?: number; columns?: number };
  stderr: NodeJS.WritableStream;
  /** `TERM`. */
  terminalType: string;
  /** Called when the guest is about to be spoken to. */
  ready(): void;
  signal: AbortSignal;
}

/**
 * Runs a command, a script from stdin, or an interactive shell in a machine.
 * @returns its exit status
 * @throws TapbootError `guest-dead` when the machine is lost; of the channel
 */
export async function guestSession(options: SessionOptions): Promise<number> {
  const { command, stdin, stdout, vm } = options;
  const interactive = command.length === 0 && stdin.isTTY && stdout.isTTY === true;
  if (vm.states.nearest?.unasked === true && !interactive) {
    throw guestDead('TAPBOOT_E_CAPSULE_MOMENT', 'the guest of this machine answers no more', {
      output: vm.console.tail(CONSOLE_TAIL),
      hint: 'Its console can be looked at on a terminal; --at checkpoint is before that.',
    });
  }
  if (command.length > 0) return await runCommand(options, commandLine(command));
  if (!stdin.isTTY || stdout.isTTY !== true) {
    const script = await text(stdin);
    return await runCommand(options, script);
  }
  return await interact(options, { stdin, stdout, type: options.terminalType });
}

/** One word is a shell's command; several are a program and its arguments, as with `ssh`. */
const commandLine = (words: readonly string[]): string => words.join(' ');

async function runCommand(options: SessionOptions, command: string): Promise<number> {
  const { vm, signal, stdout, stderr, ready } = options;
  ready();
  const limits = { timeoutMs: NO_LIMIT_MS, outputLimit: OUTPUT_LIMIT, signal };
  const result = await vm.run(command, limits);
  // What a person asked for, byte by byte.
  stdout.write(Buffer.from(result.stdout));
  stderr.write(Buffer.from(result.stderr));
  const dropped = result.dropped.stdout + result.dropped.stderr;
  if (dropped > 0) stderr.write(`tapboot: ${String(dropped)} bytes of output were dropped\n`);
  return result.exitStatus ?? 255;
}

async function interact(options: SessionOptions, terminal: PersonsTerminal): Promise<number> {
  const { vm, host, stderr, signal, ready } = options;
  let problem = 'it has no network';
  if (vm.states.nearest?.unasked === true) problem = 'the guest stopped responding';
  else if (vm.machine.network !== 'none') {
    try {
      await vm.channel('ssh');
    } catch (thrown) {
      problem = asTapbootError(thrown).message;
    }
    const [port, { hostKey }] = [await vm.sshPort(), vm];
    if (port !== undefined && hostKey !== undefined) {
      ready();
      const privateKey = host.keys.clientPrivateKey;
      return await rootShell({ port, hostKey, privateKey }, terminal, signal);
    }
  }
  stderr.write(`tapboot: no ssh (${problem}): this is the serial console; Ctrl-] ends it\n`);
  ready();
  const say = (text: string): void => {
    stderr.write(`${text}\n`);
  };
  const send = (typed: string): void => {
    vm.console.send(typed);
  };
  const died = vm.death.then((error) => error);
  const ended = Promise.race([died, untilAborted(signal)]);
  const show = async (): Promise<void> => {
    await consoleTerminal(terminal, host.places(vm.name).serialLog, send, ended);
  };
  if (vm.states.nearest?.unasked === true) await show();
  else await withPersonsShell(vm, { type: terminal.type, say }, show);
  const death = await Promise.race([died, Promise.resolve(undefined)]);
  if (death !== undefined) throw death;
  return 0;
}
