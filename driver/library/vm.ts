import type { CommandResult } from '../channel/channel.js';
import { type TapbootError, scenarioError } from '../errors.js';
import type { Artifact, MachineOrigin } from '../events/events.js';
import type { Machine } from '../language/machine-shape.js';
import type { DiskView } from '../machine/machine-under-test.js';
import type { GuestConsole } from '../machine/guest.js';
import type { VmFacts } from '../events/vm-facts.js';
import type { InspectOptions, Inspection } from '../residue/finding.js';
import { isOfThisRun } from '../snapshots/run-checkpoints.js';
import { publicSnapshot, savedSnapshot } from './checkpoints.js';
import type * as GuestSteps from './guest-steps.js';
import {
  type ConsoleLook,
  commandEntry,
  commandFailure,
  limitMs,
  textPatternOf,
} from './guest-steps.js';
import { keepAlive } from './keep-alive.js';
import { restoreIn } from './shapes.js';
import type { MachineSlot } from './slot.js';

import type {
  BootImageVM,
  CommandOptions,
  Limit,
  SshAccess,
  VmConsole,
  VmState,
} from './vm-interface.js';

/** Milliseconds for a command, a copy, a shutdown. */
const DEFAULT_MS = 60_000;

/** One use of a machine, by one caller. See {@link BootImageVM} for what each method does. */
export class FixtureVM implements BootImageVM {
  readonly #slot: MachineSlot;
  /** True when nobody else uses the machine. */
  readonly #own: boolean;
  #closed = false;

  constructor(slot: MachineSlot, own: boolean) {
    this.#slot = slot;
    this.#own = own;
  }

  get #vm(): MachineSlot['controller'] {
    return this.#slot.controller;
  }

  get name(): string {
    return this.#vm.name;
  }
  get machine(): Machine {
    return this.#vm.machine;
  }
  get origin(): MachineOrigin {
    return this.#vm.origin;
  }
  get power(): 'on' | 'off' {
    return this.#vm.power;
  }
  get timings(): BootImageVM['timings'] {
    return { ...this.#vm.timings };
  }
  get death(): Promise<TapbootError> {
    return this.#vm.death;
  }

  get image(): BootImageVM['image'] {
    const { spec, identity, cached, buildSeconds, artifact } = this.#vm.image;
    return { spec, identity, cached, buildSeconds, artifact: { ...artifact } };
  }

  get qemu(): BootImageVM['qemu'] {
    const { session } = this.#slot;
    return { command: session.facts(this.name).argv, version: session.host.qemu.version };
  }

  get record(): BootImageVM['record'] {
    const { path, metadata, harnessLog } = this.#slot.session.record.directory;
    return { directory: path, metadata, harnessLog };
  }

  get serialLog(): string {
    return this.#slot.session.host.places(this.name).serialLog;
  }

  get diskFiles(): Readonly<Record<string, string>> {
    return diskFiles(this.machine, this.#slot.session.facts(this.name));
  }

  get console(): VmConsole {
    const use: <T>(work: () => Promise<T>) => Promise<T> = (work) => this.#use(work);
    return fixtureConsole(this.#vm.console, use);
  }

  async run(command: string, options: CommandOptions = {}): Promise<CommandResult> {
    return await this.#use(async () => {
      const { name } = this;
      const timeoutMs = limitMs(options.timeoutMs, DEFAULT_MS);
      const result = await this.#vm.run(command, { ...options, timeoutMs });
      this.#slot.session.log(`${name} ${commandEntry(result)}`);
      return result;
    });
  }

  async succeed(command: string, options: CommandOptions = {}): Promise<string> {
    const result = await this.run(command, options);
    const failure = commandFailure(result, options.timeoutMs ?? DEFAULT_MS);
    if (failure !== undefined) throw failure;
    return result.stdout;
  }

  async ssh(
    command: string,
    options: Omit<CommandOptions, 'channel'> = {},
  ): Promise<CommandResult> {
    return await this.run(command, { ...options, channel: 'ssh' });
  }

  async sshAccess(): Promise<SshAccess | undefined> {
    return await this.#use(async () => {
      const port = await this.#vm.sshPort();
      if (port === undefined) return undefined;
      const keyFile = this.#slot.session.host.keys.clientKeyFile;
      return { host: '127.0.0.1', port, user: 'root', keyFile };
    });
  }

  waitForUnit(
    unit: string,
    options: Limit & { ended?: 'inactive' | 'failed' | 'any' } = {},
  ): Promise<string> {
    return this.#step((steps) => steps.waitForUnit(this.#slot, unit, options));
  }

  waitForActiveUnit(unit: string, options: Limit = {}): Promise<void> {
    return this.#step((steps) => steps.waitForActiveUnit(this.#slot, unit, options));
  }

  startUnit(unit: string, options: Parameters<BootImageVM['startUnit']>[1] = {}): Promise<string> {
    return this.#step((steps) => steps.startUnit(this.#slot, unit, options));
  }

  waitForFile(
    path: string,
    options: Parameters<BootImageVM['waitForFile']>[1] = {},
  ): Promise<string> {
    return this.#step((steps) => steps.waitForFile(this.#slot, path, options));
  }

  waitForPort(port: number, options: Limit = {}): Promise<void> {
    return this.#step((steps) => steps.waitForPort(this.#slot, port, options));
  }

  waitForIpv4(interfaceName: string, options: Limit = {}): Promise<string> {
    return this.#step((steps) => steps.waitForIpv4(this.#slot, interfaceName, options));
  }

  waitForConsole(
    look: ConsoleLook,
    options: Limit & { from?: 'boot' | 'now' } = {},
  ): Promise<string> {
    return this.#step((steps) => steps.waitForConsole(this.#slot, look, options));
  }

  waitForCommand(command: string, options: Limit = {}): Promise<string> {
    return this.#step((steps) => steps.waitForCommand(this.#slot, command, options));
  }

  async copyIn(
    host: string,
    guest: string,
    options: Limit & { mode?: number } = {},
  ): Promise<void> {
    const { mode } = options;
    await this.#use(() => {
      const timeoutMs = limitMs(options.timeoutMs, DEFAULT_MS);
      return this.#vm.copyIn({ host, guest, mode, timeoutMs });
    });
  }

  async copyOut(guest: string, host: string, options: Limit = {}): Promise<void> {
    await this.#use(() => {
      const timeoutMs = limitMs(options.timeoutMs, DEFAULT_MS);
      return this.#vm.copyOut({ guest, host, timeoutMs });
    });
  }

  viewDisks(names: readonly string[]): Promise<DiskView[]> {
    return this.#use(() => this.#vm.viewDisks(knownDisks(this.machine, names)));
  }

  async inspectDisk(name: string, options: InspectOptions = {}): Promise<Inspection> {
    return await this.#use(async () => {
      const { inspectDisk } = await import('../residue/index.js');
      const [view] = await this.#vm.viewDisks(knownDisks(this.machine, [name]));
      await using disk = view as DiskView;
      return await inspectDisk(disk.path, options);
    });
  }

  powerOff({ timeoutMs }: Limit = {}): Promise<void> {
    return this.#use(() => this.#vm.powerOff(limitMs(timeoutMs, DEFAULT_MS)));
  }

  cutPower(): Promise<void> {
    return this.#use(() => this.#vm.cutPower());
  }

  async reboot(options: Limit & { from?: string } = {}): Promise<void> {
    const { from } = options;
    await this.#use(async () => {
      const timeoutMs = limitMs(options.timeoutMs, DEFAULT_MS);
      await this.#vm.reboot({ timeoutMs, from });
      await this.#vm.settle();
    });
  }

  async save(): Promise<VmState> {
    return await this.#use(async () => {
      const state = await this.#vm.save();
      return publicSnapshot({ state, sameRun: isOfThisRun(this.origin) });
    });
  }

  async restore(state: VmState): Promise<void> {
    await this.#use(async () => {
      const restored = await restoreIn(this.#slot.session, savedSnapshot(state));
      await this.#slot.replace(restored);
    });
  }

  collectDiagnostics(reason: string): Promise<Artifact[]> {
    return keepAlive.during(() => this.#slot.session.keepEvidence(this.#vm, reason));
  }

  async markFailed(reason: string): Promise<void> {
    this.#slot.session.verdict.markFailed(reason);
    await this.collectDiagnostics(reason);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#own) await keepAlive.during(() => this.#slot.session.dismiss(this.#vm));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Loads the language of steps when it is needed: a machine is there sooner without it. */
  async #step<T>(work: (steps: typeof GuestSteps) => Promise<T>): Promise<T> {
    return await this.#use(async () => await work(await import('./guest-steps.js')));
  }

  async #use<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed || this.#slot.session.ended) {
      const whose = this.#closed ? 'this use of the machine' : 'the session of this machine';
      throw scenarioError('TAPBOOT_E_VM_CLOSED', `${whose} has ended`, {
        hint: 'Call bootImageVm() again; it returns the shared machine.',
      });
    }
    return await keepAlive.during(work);
  }
}

/**
 * The console as tests see it.
 * @param use does what has to wait, on behalf of the machine's user
 */
export function fixtureConsole(
  console: GuestConsole,
  use: <T>(work: () => Promise<T>) => Promise<T>,
): VmConsole {
  return {
    mark: () => console.mark(),
    send: (text) => {
      console.send(text);
    },
    tail: (characters = Number.MAX_SAFE_INTEGER) => console.tail(characters),
    expect: (look, { from = 'now', timeoutMs, signal } = {}) =>
      use(() =>
        console.expect(textPatternOf(look), {
          from,
          timeoutMs: limitMs(timeoutMs, DEFAULT_MS),
          signal,
        }),
      ),
  };
}

/** Files of a machine's disks by name, in the order in which facts have them. */
export function diskFiles(
  machine: Machine,
  { diskImage, extraDisks = [] }: VmFacts,
): Readonly<Record<string, string>> {
  const files = diskImage === undefined ? [] : [diskImage, ...extraDisks];
  return Object.fromEntries(
    machine.disks.flatMap(({ name }, index) => {
      const file = files[index];
      return file === undefined ? [] : [[name, file]];
    }),
  );
}

/**
 * The names, if the machine has a disk of each.
 * @throws TapbootError `scenario` TAPBOOT_E_DISK_UNKNOWN
 */
export function knownDisks(machine: Machine, names: readonly string[]): readonly string[] {
  const disks = machine.disks.map(({ name }) => name);
  for (const name of names) {
    if (disks.includes(name)) continue;
    throw scenarioError('TAPBOOT_E_DISK_UNKNOWN', `this machine has no disk ${name}`, {
      expected: disks.length === 0 ? 'no disk at all' : `one of ${disks.join(', ')}`,
      got: name,
    });
  }
  return names;
}
