import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { userCacheDirectory } from '../../driver/config/cache-directory.js';
import type { BootImage, BootMedium } from '../../driver/image/image.js';
import { provideImage } from '../../driver/image/providers.js';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const HASTE = 240_000;

/** The image that a SPEC names, from the user's own cache. */
export function provide(spec: string, log: string[] = []): Promise<BootImage> {
  return provideImage(spec, {
    cacheDirectory: userCacheDirectory({ HOME: homedir(), ...process.env }),
    projectRoot: PROJECT,
    workingDirectory: PROJECT,
    progress: { stage: () => undefined, log: (line) => void log.push(line) },
  });
}

/** What a test machine is given beside its image. */
export interface MachineOptions {
  /** Sizes of vda, vdb, …, as qemu-img takes them. */
  disks: string[];
  /** systemd credentials by SMBIOS type 11. */
  credentials?: Record<string, string>;
}

/** A machine under a bare QEMU, spoken to over its serial console and nothing else. */
export class ImageMachine implements AsyncDisposable {
  /** All that the guest wrote so far. */
  output = '';
  private position = 0;
  private marker = 0;
  private wake = (): void => undefined;
  private constructor(
    readonly directory: string,
    readonly disks: string[],
    readonly sshPort: number,
    private readonly socket: Socket,
    private readonly qemu: { pid?: number | undefined; kill(signal: 'SIGKILL'): boolean },
    /** Exit status of QEMU. */
    readonly ended: Promise<number | undefined>,
  ) {
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      this.output += text;
      this.wake();
    });
    socket.on('close', () => {
      this.wake();
    });
  }

  static async start(medium: BootMedium, options: MachineOptions): Promise<ImageMachine> {
    const directory = await mkdtemp(join(tmpdir(), 'tapboot-image-'));
    const disks: string[] = [];
    for (const [index, size] of options.disks.entries()) {
      const disk = join(directory, `vd${String.fromCharCode(97 + index)}.qcow2`);
      await execa('qemu-img', ['create', '-q', '-f', 'qcow2', disk, size]);
      disks.push(disk);
    }
    const smbios: string[] = [];
    for (const [name, value] of Object.entries(options.credentials ?? {})) {
      const file = join(directory, `credential-${name}`);
      const encoded = Buffer.from(value).toString('base64');
      await writeFile(file, `io.systemd.credential.binary:${name}=${encoded}`, { mode: 0o600 });
      smbios.push('-smbios', `type=11,path=${file}`);
    }
    const server = createServer().listen(join(directory, 'console'));
    await once(server, 'listening');
    const port = await freePort();
    const qemu = execa(
      'setpriv',
      [
        ...['--pdeathsig', 'KILL', 'qemu-system-x86_64', '-nodefaults', '-no-user-config'],
        ...['-machine', 'pc', '-accel', 'tcg,thread=multi', '-cpu', 'max,-cx16', '-m', '512'],
        ...['-display', 'none', '-no-reboot', '-action', 'panic=exit-failure'],
        ...['-chardev', `socket,id=console,path=${directory}/console,server=off`],
        ...['-serial', 'chardev:console', '-device', 'virtio-serial-pci'],
        ...['-device', 'virtio-rng-pci', '-device', 'pvpanic-pci'],
        ...['-netdev', `user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:${String(port)}-:22`],
        ...['-device', 'virtio-net-pci,netdev=net,romfile='],
        ...(await mediumArguments(medium, directory)),
        ...disks.flatMap((disk, index) => [
          ...['-drive', `if=none,id=d${String(index)},file=${disk},cache=unsafe,discard=unmap`],
          ...['-device', `virtio-blk-pci,drive=d${String(index)}`],
        ]),
        ...smbios,
      ],
      { reject: false, stdin: 'ignore' },
    );
    const ended = qemu.then((result) => {
      if (result.exitCode !== 0 && result.stderr !== '') process.stderr.write(result.stderr);
      return result.exitCode;
    });
    const socket = await Promise.race([
      once(server, 'connection').then(([connected]) => connected as Socket),
      ended.then(() => Promise.reject(new Error('QEMU did not start'))),
    ]);
    server.close();
    return new ImageMachine(directory, disks, port, socket, qemu, ended);
  }

  /** Waits until the guest has written something that matches, behind the last match. */
  async expect(pattern: RegExp, limit = HASTE): Promise<string> {
    const deadline = performance.now() + limit;
    for (;;) {
      const match = pattern.exec(this.output.slice(this.position));
      if (match !== null) {
        const text = this.output.slice(
          this.position,
          this.position + match.index + match[0].length,
        );
        this.position += match.index + match[0].length;
        return text;
      }
      const tail = this.output.slice(-2000);
      if (performance.now() > deadline) throw new Error(`no ${String(pattern)} in time:\n${tail}`);
      if (this.socket.closed) throw new Error(`the guest is gone:\n${tail}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1000);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  send(line: string): void {
    this.socket.write(`${line}\n`);
  }

  /** Logs in where no password is asked for, and makes the shell fit for `run`. */
  async login(user = 'root'): Promise<void> {
    await this.expect(/login: $/m);
    this.send(user);
    await this.expect(/[#$] (\x1b\[0m ?)?$/m);
    await this.quiet();
  }

  /** No echo and no prompt. */
  async quiet(): Promise<void> {
    this.send("stty -echo; PS1= PS2=; bind 'set enable-bracketed-paste off'; echo qui''et");
    await this.expect(/quiet\r?\n/);
  }

  /** Runs a command in the logged-in shell. */
  async run(command: string): Promise<{ status: number; stdout: string }> {
    const mark = `END${String(++this.marker)}`;
    this.send(`{ ${command}\n} </dev/null; echo "${mark.slice(0, 1)}""${mark.slice(1)} $?"`);
    const text = await this.expect(new RegExp(`${mark} (\\d+)\\r?\\n`));
    const end = text.lastIndexOf(mark);
    return {
      status: Number(text.slice(end).split(' ')[1]),
      stdout: text.slice(0, end).replaceAll('\r', '').trim(),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.qemu.kill('SIGKILL');
    await this.ended;
    this.socket.destroy();
    await rm(this.directory, { recursive: true, force: true });
  }
}

async function mediumArguments(medium: BootMedium, directory: string): Promise<string[]> {
  const drive = (file: string): string[] => [
    ...['-drive', `if=none,id=cd,file=${file},format=raw,readonly=on`],
  ];
  const scsi = ['-device', 'virtio-scsi-pci,id=scsi', '-device', 'scsi-cd,drive=cd,bus=scsi.0'];
  const ide = ['-device', 'ide-cd,drive=cd'];
  if (medium.kind === 'direct') {
    return [
      ...['-kernel', medium.kernel, '-initrd', medium.initrds.join(',')],
      ...['-append', `console=ttyS0 panic=-1 ${medium.append}`],
      ...drive(medium.root ?? medium.iso ?? ''),
      ...(medium.root === undefined ? ide : scsi),
    ];
  }
  if (medium.kind !== 'cd') throw new Error('these tests boot no disks');
  if (medium.firmware === 'bios') return [...drive(medium.iso), ...ide];
  const variables = join(directory, 'vars.fd');
  await execa('cp', ['/usr/share/OVMF/OVMF_VARS_4M.fd', variables]);
  return [
    ...['-drive', 'if=pflash,unit=0,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd'],
    ...['-drive', `if=pflash,unit=1,format=raw,file=${variables}`],
    ...drive(medium.iso),
    ...ide,
  ];
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
