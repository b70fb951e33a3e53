import { randomUUID } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { BootImageVM } from '../../machine/boot-image-vm.js';
import type { Capture } from '../../machine/snapshot/capture.js';
import type { Snapshot } from '../../machine/snapshot/snapshot.js';
import type { VmHost } from '../../machine/vm-host.js';
import { asTapbootError, type TapbootError } from '../../errors.js';
import type { Artifact } from '../../events/events.js';
import type { Scenario } from '../../scenario/model.js';
import type { FileDigest } from '../store/qemu-build.js';
import { snapshotInputs } from '../store/inputs.js';
import type { PassedStep, UnitRunsMemory } from '../../steps/index.js';
import { packCapsule } from './archive.js';
import { CAPSULE_FILE, CAPSULE_FORMAT, type Capsule, type CapsuleSnapshot } from './format.js';
import { capsuleInputs, capsuleKey, CapsuleStage } from './stage.js';

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

/** A state of the machine, and where in the scenario it lies. */
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
  /** The nearest state that the run saved for reasons of its own. */
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
      if (packed.fallback) host.log('capsule: there is no zstd on this host; gzip took its place');
      return [{ label: CAPSULE_LABEL, path: packed.path }];
    } catch (thrown) {
      this.#notKept(thrown);
      return [];
    } finally {
      await stage?.remove();
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
          `the state from before the failure is missing (${asTapbootError(thrown).message})`,
        );
      });
    }
    if (states.length === 0 && missing.length === 0) {
      missing.push('no state from before the failure: this boot was not saved');
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
