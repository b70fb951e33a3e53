import { createHash, randomUUID } from 'node:crypto';
import { chmod, link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { type TapbootError, asTapbootError } from '../../errors.js';
import type { Artifact } from '../../events/events.js';
import type { BootImageVM } from '../../machine/boot-image-vm.js';
import type { Capture } from '../../machine/snapshot/machine-snapshots.js';
import type { Snapshot } from '../../machine/snapshot/snapshot.js';
import type { VmHost } from '../../machine/vm-host.js';
import type { Scenario } from '../../scenario/model.js';
import type { PassedStep, UnitRunsMemory } from '../../steps/index.js';
import { snapshotInputs } from '../store/inputs.js';
import { snapshotKey } from '../store/key.js';
import { MANIFEST } from '../store/manifest.js';
import { publishEntry } from '../store/publish.js';
import type { FileDigest } from '../store/qemu-build.js';
import { packCapsule } from './archive.js';
import {
  CAPSULE_FILE,
  CAPSULE_FORMAT,
  type Capsule,
  type CapsuleSnapshot,
  STATES,
} from './format.js';

/** What is kept of a scenario that fails; `every-step` also the start of the failing step. */
export type CaptureMode = 'failure' | 'every-step' | 'none';

/** Label of a capsule among the artifacts of a failure. */
export const CAPSULE_LABEL = 'capsule';

/** Options of {@link CapsuleKeeper}. */
export interface KeeperOptions {
  host: VmHost;
  vm: BootImageVM;
  scenario: Scenario;
  mode: Exclude<CaptureMode, 'none'>;
  /** Name of the run directory. */
  run: string;
  /** tapboot's version. */
  version: string;
  /** Where the capsule is written; made when it is needed. */
  directory: string;
  digest: FileDigest;
  /** The steps that the machine had behind it from its beginning. */
  reused?: { count: number; unitRuns: UnitRunsMemory };
}

/** A snapshot of the machine, and where in the scenario it lies. */
interface Kept {
  state: Snapshot;
  behind: number;
  unitRuns: UnitRunsMemory;
}

/** A machine whose failing moment is kept already; the capsule is still to be written. */
export interface Captured {
  /** Writes the capsule. Never rejects: what goes wrong is a notice, and no artifact. */
  finish(): Promise<Artifact[]>;
}

const NOTHING: Captured = { finish: () => Promise.resolve([]) };

/**
 * Watches the steps of one scenario, and puts the machine into a capsule when one fails.
 * Whatever goes wrong with that is said, and changes no verdict.
 */
export class CapsuleKeeper {
  readonly #options: KeeperOptions;
  /** Of all the moments of this machine. */
  readonly #id = randomUUID();
  /** The nearest snapshot that the run saved for reasons of its own. */
  #checkpoint: Kept | undefined;
  /** With `every-step`: the machine as it was before the step that runs now. */
  #rolling: Kept | undefined;
  #behind: { behind: number; unitRuns: UnitRunsMemory };
  #unsavable = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
    const { reused, vm } = options;
    const unitRuns = reused?.unitRuns ?? { started: {}, foreseen: {} };
    this.#behind = { behind: reused?.count ?? 0, unitRuns };
    const { nearest } = vm.states;
    if (nearest !== undefined) this.#checkpoint = { state: nearest, ...this.#behind };
  }

  /** Before the first step. Never rejects. */
  async begin(): Promise<void> {
    if (this.#checkpoint === undefined) await this.#roll();
  }

  /** A step has passed. Never rejects. */
  async stepPassed({ index, unitRuns }: PassedStep): Promise<void> {
    this.#behind = { behind: index, unitRuns };
    const { nearest } = this.#options.vm.states;
    const isNew = nearest !== this.#checkpoint?.state && nearest !== this.#rolling?.state;
    if (nearest !== undefined && isNew) {
      this.#checkpoint = { state: nearest, ...this.#behind };
      await this.#dropRolling();
    } else {
      await this.#roll();
    }
  }

  async #roll(): Promise<void> {
    const { mode, vm, host } = this.#options;
    if (mode !== 'every-step' || this.#unsavable) return;
    try {
      const state = await vm.save();
      await this.#dropRolling();
      this.#rolling = { state, ...this.#behind };
    } catch (thrown) {
      this.#unsavable = true;
      const { message, details } = asTapbootError(thrown);
      const text = `the starts of the steps on ${vm.name} are not kept: ${details.got ?? message}`;
      host.emit({ type: 'notice', level: 'warning', message: text });
    }
  }

  async #dropRolling(): Promise<void> {
    if (this.#rolling === undefined) return;
    await this.#options.vm.states.discard(this.#rolling.state);
    this.#rolling = undefined;
  }

  /**
   * A step has failed: keeps the machine as it is now. Never rejects.
   * @param step from 1
   */
  async failed(step: number, error: TapbootError): Promise<Captured> {
    const { vm } = this.#options;
    // Of a host that failed, the host is to be looked at.
    if (error.failureClass === 'infra') return NOTHING;
    const started = performance.now();
    try {
      const key = capsuleKey(capsuleInputs(this.#id, 'failure'));
      const capture = await vm.states.capture(key);
      const saveMs = performance.now() - started;
      return {
        finish: async () => await this.#finish(step, error, capture, saveMs),
      };
    } catch (thrown) {
      this.#notKept(thrown);
      return NOTHING;
    }
  }

  #notKept(thrown: unknown): void {
    const { vm, host } = this.#options;
    const { message, details } = asTapbootError(thrown);
    const reason = details.got === undefined ? message : `${message}: ${details.got}`;
    const text = `there is no capsule of ${vm.name}: ${reason}`;
    host.emit({ type: 'notice', level: 'warning', message: text });
  }

  async #finish(
    step: number,
    error: TapbootError,
    capture: Capture,
    saveMs: number,
  ): Promise<Artifact[]> {
    const { vm, host, directory } = this.#options;
    const started = performance.now();
    let stage: CapsuleStage | undefined;
    try {
      stage = await CapsuleStage.make(join(host.workspace, `capsule-${this.#id}`));
      const capsule = await this.#describe(step, error, capture, stage);
      await writeFile(join(stage.directory, CAPSULE_FILE), JSON.stringify(capsule, null, 2), {
        mode: 0o600,
      });
      await mkdir(directory, { recursive: true });
      const packed = await packCapsule(stage.directory, join(directory, 'capsule'));
      await chmod(packed.path, 0o600);
      const packMs = performance.now() - started;
      host.log(
        `capsule ${packed.path}: ${String(packed.bytes)} bytes; ` +
          `saved in ${saveMs.toFixed(0)} ms, packed in ${packMs.toFixed(0)} ms`,
      );
      for (const missing of capsule.missing) {
        host.emit({ type: 'notice', level: 'info', message: `capsule of ${vm.name}: ${missing}` });
      }
      if (packed.fallback) host.log('capsule: compressed with gzip, because this host has no zstd');
      return [{ label: CAPSULE_LABEL, path: packed.path }];
    } catch (thrown) {
      this.#notKept(thrown);
      return [];
    } finally {
      await stage?.remove();
      // What is left goes with the machine's directory.
      await vm.states.discard(capture.state).catch(() => undefined);
    }
  }

  async #describe(
    step: number,
    error: TapbootError,
    { kind, state, reason }: Capture,
    stage: CapsuleStage,
  ): Promise<Capsule> {
    const { vm, host, scenario, run, version, digest } = this.#options;
    const missing: string[] = [];
    const states: CapsuleSnapshot[] = [];
    const add = async (
      moment: CapsuleSnapshot['moment'],
      how: CapsuleSnapshot['kind'],
      { state: saved, behind, unitRuns }: Kept,
    ): Promise<void> => {
      const inputs = capsuleInputs(this.#id, moment);
      await stage.add(inputs, saved);
      states.push({ moment, key: capsuleKey(inputs), behind, kind: how, unitRuns });
    };
    const earlier = [
      ['checkpoint', this.#checkpoint],
      ['step', this.#rolling],
    ] as const;
    for (const [moment, kept] of earlier) {
      if (kept === undefined) continue;
      const how = kept.state.ram === undefined ? 'off' : 'proven';
      await add(moment, how, kept).catch((thrown: unknown) => {
        missing.push(
          `the snapshot from before the failure is missing (${asTapbootError(thrown).message})`,
        );
      });
    }
    if (states.length === 0 && missing.length === 0) {
      missing.push('no snapshot from before the failure: this boot was not saved');
    }
    await add('failure', kind, { state, ...this.#behind });
    if (reason !== undefined) {
      missing.push(
        kind === 'unasked'
          ? `the machine cannot prove itself: ${reason}`
          : `the machine's memory is missing, its disks and console are there: ${reason}`,
      );
    }
    const inputs = await snapshotInputs(host, vm.image, vm.machine, digest);
    const { clientKeyFile: _file, ...keys } = host.keys;
    const { spec, identity } = vm.image;
    return {
      format: CAPSULE_FORMAT,
      tapboot: version,
      madeAt: new Date().toISOString(),
      run,
      vm: vm.name,
      scenario: { ...scenario, machine: vm.machine },
      image: { spec, identity },
      failure: { step, class: error.failureClass, code: error.code, message: error.message },
      accelerator: host.accelerator.name,
      inputs,
      states,
      missing,
      keys,
    };
  }
}

interface Files {
  files: { name: string; sha256: string; bytes: number }[];
}

/** Brings snapshots into a directory that is to become a capsule, as entries of the snapshot cache. */
export class CapsuleStage {
  readonly directory: string;
  readonly #states: string;
  readonly #making: string;
  /** By content, so that what several snapshots share is in the capsule once. */
  readonly #known = new Map<string, string>();

  private constructor(directory: string) {
    this.directory = directory;
    this.#states = join(directory, STATES);
    // Not in the capsule: what fails on its way is left there.
    this.#making = `${directory}.making`;
  }

  static async make(directory: string): Promise<CapsuleStage> {
    const stage = new CapsuleStage(directory);
    await mkdir(stage.#states, { recursive: true, mode: 0o700 });
    await mkdir(stage.#making, { recursive: true, mode: 0o700 });
    return stage;
  }

  /**
   * Adds a snapshot under the key of `inputs`.
   * @throws what writing throws
   */
  async add(inputs: Record<string, string>, state: Snapshot): Promise<void> {
    const key = snapshotKey(inputs as Parameters<typeof snapshotKey>[0]);
    await publishEntry(this.#states, this.#making, { key, inputs, state });
    const directory = join(this.#states, key);
    const manifest = JSON.parse(await readFile(join(directory, MANIFEST), 'utf8')) as Files;
    for (const { name, sha256 } of manifest.files) {
      const file = join(directory, name);
      const same = this.#known.get(sha256);
      if (same === undefined) this.#known.set(sha256, file);
      else await linkInPlaceOf(same, file);
    }
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
    await rm(this.#making, { recursive: true, force: true });
  }
}

async function linkInPlaceOf(existing: string, file: string): Promise<void> {
  await link(existing, `${file}.same`);
  await rename(`${file}.same`, file);
  // Of two names of one file, a rename leaves both.
  await rm(`${file}.same`, { force: true });
}

/** What a snapshot in a capsule is named by. */
export function capsuleInputs(id: string, moment: string): Record<string, string> {
  return { capsule: createHash('sha256').update(id).digest('hex'), moment };
}

export const capsuleKey = (inputs: Record<string, string>): string =>
  snapshotKey(inputs as Parameters<typeof snapshotKey>[0]);
