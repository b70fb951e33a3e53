import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { Console } from '../../driver/channel/console/console.js';
import { ConsoleTranscript } from '../../driver/channel/console/transcript.js';
import { provide } from './image-machine.js';

/** What a bare QEMU needs to boot a guest for these tests. */
export interface BareGuest {
  kernel: string;
  initrd: string;
  append: string;
  /** Further QEMU arguments: disks, CD-ROM. */
  arguments: string[];
}

/** The guest of an image that boots directly, with systemd credentials by SMBIOS. */
export async function imageGuest(
  spec: string,
  credentials: Record<string, string> = {},
): Promise<BareGuest> {
  const { medium } = await provide(spec);
  if (medium.kind !== 'direct') throw new Error('these tests boot the kernel directly');
  return {
    kernel: medium.kernel,
    initrd: medium.initrds.join(','),
    append: `console=ttyS0 panic=-1 ${medium.append}`,
    arguments: [
      ...['-device', 'virtio-scsi-pci', '-device', 'pvpanic-pci'],
      ...['-action', 'panic=exit-failure', '-device', 'scsi-cd,drive=root'],
      ...['-drive', `if=none,id=root,file=${medium.root ?? ''},format=raw,readonly=on`],
      ...Object.entries(credentials).flatMap(([name, value]) => [
        '-smbios',
        `type=11,value=io.systemd.credential.binary:${name}=${Buffer.from(value).toString('base64')}`,
      ]),
    ],
  };
}

/** A guest under a bare QEMU: the channels are tested below the controller, without it. */
export interface RunningGuest extends AsyncDisposable {
  console: Console;
  transcript: ConsoleTranscript;
  shell: Socket;
  sshPort: number;
  /** One human monitor command. */
  monitor(command: string): Promise<string>;
  typed: string[];
  /** Everything the guest said, as bytes. */
  serial: Buffer[];
  qemuExited: Promise<unknown>;
}

async function listen(path: string): Promise<{ server: Server; socket: Promise<Socket> }> {
  const server = createServer();
  server.listen(path);
  await once(server, 'listening');
  return { server, socket: once(server, 'connection').then(([socket]) => socket as Socket) };
}

/** Starts QEMU (TCG) with serial console, `tapboot.shell.0`, a network with SSH forward. */
export async function startBareGuest(guest: BareGuest): Promise<RunningGuest> {
  const directory = await mkdtemp(join(tmpdir(), 'tapboot-channel-'));
  const servers = {
    console: await listen(join(directory, 'console')),
    shell: await listen(join(directory, 'shell')),
    monitor: await listen(join(directory, 'monitor')),
  };
  const started = performance.now();
  const chardev = (name: string): string[] => [
    '-chardev',
    `socket,id=${name},path=${join(directory, name)},server=off`,
  ];
  const qemu = execa(
    'setpriv',
    // prettier-ignore
    [
      '--pdeathsig', 'KILL', 'qemu-system-x86_64', '-nodefaults', '-no-user-config', '-display', 'none',
      '-machine', 'pc', '-accel', 'tcg,thread=multi', '-cpu', 'max,-cx16', '-m', '512', '-smp', '1',
      '-kernel', guest.kernel, '-initrd', guest.initrd, '-append', guest.append,
      ...chardev('console'), '-serial', 'chardev:console',
      ...chardev('monitor'), '-mon', 'chardev=monitor,mode=readline',
      '-device', 'virtio-serial-pci',
      ...chardev('shell'), '-device', 'virtserialport,chardev=shell,name=tapboot.shell.0',
      '-netdev', 'user,id=n0,restrict=on,hostfwd=tcp:127.0.0.1:0-:22',
      '-device', 'virtio-net-pci,netdev=n0,romfile=',
      '-device', 'virtio-rng-pci', '-no-reboot',
      ...guest.arguments,
    ],
    { reject: false, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' },
  );
  const failed = qemu.then((result) => {
    throw new Error(`QEMU ended: ${result.stderr}`);
  });
  failed.catch(() => undefined);
  const [consoleSocket, shell, monitorSocket] = await Promise.race([
    Promise.all([servers.console.socket, servers.shell.socket, servers.monitor.socket]),
    failed,
  ]);
  const serial: Buffer[] = [];
  const typed: string[] = [];
  const transcript = new ConsoleTranscript({
    sink: { write: (bytes) => serial.push(Buffer.from(bytes)) },
    clock: () => performance.now() - started,
  });
  const console = new Console(consoleSocket, transcript, { logTyped: (line) => typed.push(line) });
  let said = '';
  monitorSocket.setEncoding('utf8').on('data', (text: string) => (said += text));
  const monitor = async (command: string): Promise<string> => {
    said = '';
    monitorSocket.write(`${command}\n`);
    while (!said.includes('\n(qemu) ') && !said.endsWith('(qemu) ')) await delay(10);
    return said;
  };
  await delay(50);
  const network = await monitor('info usernet');
  const sshPort = Number(/HOST_FORWARD\S*\s+\S+\s+127\.0\.0\.1\s+(\d+)/.exec(network)?.[1]);
  return {
    console,
    transcript,
    shell,
    sshPort,
    monitor,
    typed,
    serial,
    qemuExited: qemu,
    async [Symbol.asyncDispose]() {
      qemu.kill('SIGKILL');
      await qemu;
      for (const { server } of Object.values(servers)) server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
