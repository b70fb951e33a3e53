import type { CommandResult } from '../../channel/channel.js';
import { productError, scenarioError } from '../../errors.js';
import { commandFailure } from '../guest-steps.js';
import type { BootImageVM as Current, SshAccess } from '../vm-interface.js';
import { shellQuote } from '../../quote.js';
import { artifactOf, type BootImageBuild } from './boot-image-build.js';
import { parseStatus, STATUS_FILE } from './storage-status.js';

/** Old timeouts are in seconds. */
interface Timeout {
  timeout?: number;
}

/** Arguments of the old `run_ssh`. */
export interface RunSshOptions extends Timeout {
  command: string;
  /** @deprecated The session has one key; another one is refused. */
  private_key?: string;
  /** @deprecated The machine's own port is used; another one is refused. */
  port?: number;
  /** @deprecated Tests log in as root. */
  user?: 'root';
  /** @deprecated The guest is waited for, not asked again and again. */
  interval?: number;
}

/** @deprecated Read `vm.timings` and metadata.json. */
export interface RunTimings {
  build_seconds?: number;
  boot_to_login_seconds?: number;
  boot_to_ssh_seconds?: number;
}

/**
 * The controller under its old names, over the new one, which is `vm`. Where the old one
 * guessed (polling, markers in its own echo), the new one knows; what that changes is told
 * with each method and in docs/migrating.md.
 * @deprecated Use `BootImageVM` of `tapboot`.
 */
export class BootImageVM implements AsyncDisposable {
  /** The machine with its present names. */
  readonly vm: Current;
  readonly #ssh: SshAccess | undefined;

  /** @param ssh the machine's SSH access, asked for beforehand: the old properties do not wait */
  constructor(vm: Current, ssh: SshAccess | undefined) {
    this.vm = vm;
    this.#ssh = ssh;
  }

  /** @deprecated Use `vm.serialLog`. */
  get log_path(): string {
    return this.vm.serialLog;
  }
  /** @deprecated Use `vm.record.harnessLog`. */
  get harness_log_path(): string {
    return this.vm.record.harnessLog;
  }
  /** @deprecated Use `vm.record.metadata`. */
  get metadata_path(): string {
    return this.vm.record.metadata;
  }
  /** @deprecated Use `(await vm.sshAccess()).host`. */
  get ssh_host(): string {
    return this.#access().host;
  }
  /** @deprecated Use `(await vm.sshAccess()).port`. */
  get ssh_port(): number {
    return this.#access().port;
  }
  /** @deprecated Use `vm.image`. */
  get artifact(): BootImageBuild {
    return artifactOf(this.vm.image, this.vm.record.metadata);
  }
  /** @deprecated Use `vm.timings` and `vm.image.buildSeconds`. */
  get run_timings(): RunTimings {
    const { bootToLoginSeconds: login, bootToSshSeconds: ssh } = this.vm.timings;
    const { buildSeconds: build } = this.vm.image;
    return { build_seconds: build, boot_to_login_seconds: login, boot_to_ssh_seconds: ssh };
  }
  /** @deprecated Use `vm.qemu.version`. */
  get qemu_version(): string {
    return this.vm.qemu.version;
  }
  /** @deprecated Use `vm.qemu.command`. */
  get qemu_command(): readonly string[] {
    return this.vm.qemu.command;
  }
  /** A qcow2 file. @deprecated Use `vm.diskFiles.vda`. */
  get disk_image(): string | undefined {
    return this.vm.diskFiles['vda'];
  }

  /**
   * Stdout and then stderr of a command, whatever its exit status; a timeout throws.
   * @deprecated Use `vm.run`, which keeps status and streams apart, or `vm.succeed`.
   */
  async run(command: string, { timeout = 180 }: Timeout = {}): Promise<string> {
    const result = await this.vm.run(command, { timeoutMs: timeout * 1000 });
    if (result.timedOut) throw commandFailure(result, timeout * 1000) as Error;
    return textOf(result);
  }

  /** @deprecated Use `vm.run`: commands always run as root. */
  run_as_root(command: string, options: Timeout = {}): Promise<string> {
    return this.run(command, options);
  }

  /** @deprecated Use `vm.succeed`. */
  async run_as_root_checked(command: string, { timeout = 180 }: Timeout = {}): Promise<string> {
    const result = await this.vm.run(command, { timeoutMs: timeout * 1000 });
    const failure = commandFailure(result, timeout * 1000);
    if (failure !== undefined) throw failure;
    return textOf(result);
  }

  /**
   * Over real SSH, with the guest's host key checked; its stdout, trimmed. A non-zero exit
   * status throws.
   * @deprecated Use `vm.ssh`.
   */
  async run_ssh({ command, timeout = 240, private_key, port }: RunSshOptions): Promise<string> {
    const access = this.#access();
    if (private_key !== undefined && private_key !== access.keyFile) {
      throw unsupported('private_key', access.keyFile, private_key);
    }
    if (port !== undefined && port !== access.port) {
      throw unsupported('port', String(access.port), String(port));
    }
    return (await this.vm.succeed(command, { channel: 'ssh', timeoutMs: timeout * 1000 })).trim();
  }

  /** @deprecated Use `vm.succeed('command -v …')`. */
  async assert_commands_available(...commands: string[]): Promise<void> {
    const missing: string[] = [];
    for (const command of commands) {
      const { exitStatus } = await this.vm.run(`command -v ${shellQuote(command)}`);
      if (exitStatus !== 0) missing.push(command);
    }
    if (missing.length === 0) return;
    throw productError('TAPBOOT_E_GUEST_COMMANDS', 'the guest lacks commands', {
      expected: commands.join(', '),
      got: `missing: ${missing.join(', ')}`,
    });
  }

  /** @deprecated Use `vm.run('journalctl …')`. */
  async collect_journal(unit: string, options: { since_boot?: boolean } = {}): Promise<string> {
    const boot = (options.since_boot ?? true) ? ' -b' : '';
    const { stdout } = await this.vm.run(
      `journalctl --no-pager${boot} -u ${shellQuote(unitName(unit))}`,
    );
    return stdout;
  }

  /** Pairs of label and path. @deprecated Use `vm.collectDiagnostics`. */
  async collect_base_diagnostics(): Promise<[label: string, path: string][]> {
    const artifacts = await this.vm.collectDiagnostics('asked for by a test');
    return artifacts.map(({ label, path }) => [label, path]);
  }

  /** @deprecated Use `vm.run('cat …')`. */
  async read_storage_status(): Promise<Record<string, string>> {
    return parseStatus((await this.vm.run(`cat ${STATUS_FILE}`)).stdout);
  }

  /**
   * The status once it has both STATE and DETAIL. One from an earlier run of the agent counts
   * as well, as it always did: to wait for a new one, use `vm.startUnit`.
   * @deprecated Use `vm.waitForFile`.
   */
  async wait_for_storage_status({ timeout = 420 }: Timeout = {}): Promise<Record<string, string>> {
    const content = await this.vm.waitForFile(STATUS_FILE, {
      matches: [/^STATE=/m, /^DETAIL=/m],
      timeoutMs: timeout * 1000,
    });
    return parseStatus(content);
  }

  /** The lines that `ip` shows. @deprecated Use `vm.waitForIpv4`, which returns the address. */
  async wait_for_ipv4(iface = 'lan', { timeout = 240 }: Timeout = {}): Promise<string[]> {
    await this.vm.waitForIpv4(iface, { timeoutMs: timeout * 1000 });
    const shown = await this.vm.succeed(`ip -o -4 addr show dev ${shellQuote(iface)}`);
    return shown.split('\n').filter((line) => line.trim() !== '');
  }

  /**
   * Waits until the unit has run and ended since the boot: one that has merely not begun yet
   * no longer counts. A failed one throws.
   * @deprecated Use `vm.waitForUnit`, and `vm.startUnit` for a new run.
   */
  wait_for_unit_inactive(unit: string, { timeout = 240 }: Timeout = {}): Promise<string> {
    return this.vm.waitForUnit(unitName(unit), { timeoutMs: timeout * 1000 });
  }

  /** An orderly power-off. @deprecated Use `vm.powerOff`. */
  async shutdown(): Promise<void> {
    if (this.vm.power === 'on') await this.vm.powerOff({ timeoutMs: 180_000 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.vm.close();
  }

  #access(): SshAccess {
    if (this.#ssh !== undefined) return this.#ssh;
    throw scenarioError('TAPBOOT_E_SSH_NO_NETWORK', `${this.vm.name} has no network`);
  }
}

const unitName = (unit: string): string => (/\.[a-z]+$/.test(unit) ? unit : `${unit}.service`);

const textOf = ({ stdout, stderr }: CommandResult): string =>
  [stdout, stderr]
    .filter((text) => text.trim() !== '')
    .map((text) => text.trimEnd())
    .join('\n');

const unsupported = (what: string, expected: string, got: string): Error =>
  scenarioError('TAPBOOT_E_SHIM_SSH', `run_ssh cannot use another ${what}`, {
    expected,
    got,
    hint: 'Leave it out, or use another SSH client with vm.sshAccess().',
  });
