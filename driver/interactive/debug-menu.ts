import { consoleTerminal } from './console-terminal.js';
import { withPersonsShell } from './persons-console.js';
import { rootShell } from './root-shell.js';
import type { PersonsTerminal } from './ssh-terminal.js';
import type { BootImageVM } from '../machine/boot-image-vm.js';
import { asTapbootError, describeError, infraError } from '../errors.js';
import type { FailedStep } from '../steps/index.js';
import type { RunContext } from '../run/request.js';
import { waysIn } from './ways-in.js';

/** What the menu is about, and where it is shown. */
export interface MenuOptions {
  vm: BootImageVM;
  failed: FailedStep;
  context: RunContext;
  say: (text: string) => void;
  stdin: NodeJS.ReadStream;
}

const MENU = `
  s  root shell (ends with exit)      r  run the step again (the verdict stays)
  c  console (ends with Ctrl-])       Enter  go on with the run
  w  ways in from another terminal    a  abort the run`;

/** Asks again and again what to do with a machine, until the answer is to go on. */
export async function debugMenu(options: MenuOptions): Promise<void> {
  const { vm, say, context } = options;
  const { signal, interrupt } = context.request;
  const death = vm.death.then((error) => {
    say(`tapboot: ${describeError(error)}`);
  });
  for (;;) {
    say(MENU);
    const key = await nextKey(options, death);
    if (signal.aborted || key === undefined || key === '\r' || key === '\n') return;
    if (key === 'a' || key === '\u0003') {
      interrupt?.('SIGINT');
      return;
    }
    try {
      await act(key, options, death);
    } catch (thrown) {
      say(`tapboot: ${describeError(asTapbootError(thrown))}`);
    }
  }
}

async function act(key: string, options: MenuOptions, death: Promise<void>): Promise<void> {
  const { vm, failed, context, say, stdin } = options;
  const { request, record, host } = context;
  const { stderr: stdout } = request;
  if (key === 's') {
    await openShell(vm, context, { stdin, stdout, type: terminalType(context) });
  } else if (key === 'c') {
    const { serialLog } = record.directory.vm(vm.name);
    const send = (text: string): void => {
      vm.console.send(text);
    };
    await withPersonsShell(vm, { type: terminalType(context), say }, async () => {
      await consoleTerminal({ stdin, stdout }, serialLog, send, death);
    });
  } else if (key === 'w') {
    for (const line of await waysIn(vm, host.keys.clientKeyFile)) say(`  ${line}`);
  } else if (key === 'r') {
    say(`tapboot: step ${String(failed.index)} again: ${failed.title}`);
    const error = await failed.retry();
    say(error === undefined ? 'tapboot: it passed this time' : `tapboot: ${describeError(error)}`);
  }
}

/** A root shell in a running machine of this process. */
async function openShell(
  vm: BootImageVM,
  { host, request }: RunContext,
  terminal: PersonsTerminal,
): Promise<void> {
  await vm.channel('ssh');
  const [port, { hostKey }] = [await vm.sshPort(), vm];
  if (port === undefined || hostKey === undefined) {
    throw infraError('TAPBOOT_E_SSH_NO_NETWORK', 'this machine has no ssh', {
      hint: 'Use its console: c.',
    });
  }
  const privateKey = host.keys.clientPrivateKey;
  await rootShell({ port, hostKey, privateKey }, terminal, request.signal);
}

const terminalType = ({ request }: RunContext): string => request.environment['TERM'] ?? 'vt100';

/** One key; undefined when the machine has died, or the run was interrupted. */
async function nextKey(
  { context, stdin }: MenuOptions,
  death: Promise<void>,
): Promise<string | undefined> {
  const { signal } = context.request;
  if (signal.aborted) return undefined;
  return await new Promise((resolve) => {
    const end = (key: string | undefined): void => {
      stdin.off('data', give).setRawMode(false).pause();
      signal.removeEventListener('abort', stop);
      resolve(key);
    };
    const give = (chunk: Buffer): void => {
      end(chunk.toString('utf8').charAt(0));
    };
    const stop = (): void => {
      end(undefined);
    };
    signal.addEventListener('abort', stop, { once: true });
    void death.then(stop);
    stdin.setRawMode(true);
    stdin.resume().on('data', give);
  });
}
