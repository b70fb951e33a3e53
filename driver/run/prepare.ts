import { copyFile, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { asTapbootError, infraError } from '../errors.js';
import type { Phase } from '../events/events.js';
import type { EventStream } from '../events/stream.js';
import { Deferred, sideBySide } from '../host/waiting.js';
import type { BootImage, ProviderContext } from '../image/image.js';
import { DEFAULT_IMAGE, provideImage } from '../image/providers.js';
import { findHost, type FoundHost } from '../machine/host-of-run.js';
import { probeKernel } from '../machine/qemu/probe-kernel.js';
import { makeRunKeys } from '../machine/run-keys.js';
import type { VmHost } from '../machine/vm-host.js';
import { Connections } from '../record/connections.js';
import type { RunRecord } from '../record/run-record.js';
import { StreamRedactor, type Redactor } from '../redact.js';
import type { RunRequest } from './request.js';

/** What image and host are prepared from: the part of a request that has no scenarios in it. */
export interface Preparation {
  request: Pick<
    RunRequest,
    'config' | 'cacheDirectory' | 'projectRoot' | 'workingDirectory' | 'environment' | 'signal'
  >;
  record: RunRecord;
  events: EventStream;
  /** A line for harness.log. */
  log: (line: string) => void;
  /** Replaces the values that no file may show. */
  secrets?: Redactor;
}

/** All that the machines of a run share. */
export interface Prepared {
  image: BootImage;
  host: VmHost;
}

/**
 * Makes the run's image available, finds QEMU and an accelerator meanwhile, and makes the run's
 * keys. A probe of KVM takes as long as its deadline where KVM hangs: it begins as soon as there
 * is a kernel to boot, and the first of the two that fails ends the other.
 * @param workspace short private directory, removed by the caller
 * @param onFailure told which phase it was that failed
 * @throws TapbootError `scenario` for a wrong SPEC, `infra` when the image cannot be had, or
 *   QEMU or the demanded accelerator cannot be used
 */
export async function prepare(
  preparation: Preparation,
  workspace: string,
  onFailure?: (phase: 'build' | 'setup') => void,
): Promise<Prepared> {
  const { request, events } = preparation;
  const kernel = new Deferred<string | undefined>();
  const keys = await makeRunKeys(workspace);
  const { build: image, setup: found } = await sideBySide(
    {
      build: async (signal) => {
        const provided = await runImage(preparation, signal, async (path) => {
          // A build that is tried again has it again.
          if (kernel.settled) return;
          // Where it lies now, it will not lie when the image is there.
          const copy = join(workspace, 'kernel');
          await copyFile(path, copy, constants.COPYFILE_FICLONE);
          kernel.resolve(copy);
        });
        kernel.resolve(await probeKernel(provided));
        return provided;
      },
      setup: async (signal) =>
        await findHost({
          config: request.config,
          cacheDirectory: request.cacheDirectory,
          workspace,
          keys,
          log: preparation.log,
          signal,
          kernel: () => kernel.promise,
          probing: (probe) => inPhase(events, 'setup', 'trying KVM with a Linux kernel', probe),
        }),
    },
    request.signal,
    onFailure,
  );
  const { name, reasons } = found.accelerator;
  events.emit({ type: 'accelerator', name, reasons });
  return { image, host: hostOfRun(preparation, image, { ...found, signal: request.signal }) };
}

/** Makes the run's image available, and tells the events of it. */
async function runImage(
  preparation: Preparation,
  signal: AbortSignal,
  onKernel: ProviderContext['onKernel'],
): Promise<BootImage> {
  const spec = preparation.request.config.image ?? DEFAULT_IMAGE;
  const image = await provide(spec, preparation, { signal, onKernel });
  const { identity, cached, buildSeconds, artifact } = image;
  preparation.events.emit({ type: 'image', spec, identity, cached, artifact, buildSeconds });
  return image;
}

async function provide(
  spec: string,
  { request, events, log }: Preparation,
  { signal, onKernel }: Pick<ProviderContext, 'signal' | 'onKernel'>,
): Promise<BootImage> {
  return await inPhase(events, 'build', `image ${spec}`, () =>
    provideImage(spec, {
      cacheDirectory: request.cacheDirectory,
      projectRoot: request.projectRoot,
      workingDirectory: request.workingDirectory,
      signal,
      onKernel,
      progress: {
        stage: (stage) => {
          events.emit({ type: 'phase:progress', phase: 'build', text: stage });
        },
        log: (line) => {
          log(`image: ${line}`);
        },
      },
    }),
  );
}

/** Does what takes a while, and tells the events of its begin and its end. */
async function inPhase<T>(
  events: EventStream,
  phase: Phase,
  text: string,
  work: () => Promise<T>,
): Promise<T> {
  events.emit({ type: 'phase:start', phase, text });
  const started = performance.now();
  const result = await work();
  const seconds = (performance.now() - started) / 1000;
  events.emit({ type: 'phase:end', phase, text, seconds });
  return result;
}

/**
 * The image that second machines boot: a small system whose tools are known, whatever the image
 * under test has. Made when it is first asked for; one that cannot be had is tried again.
 */
function secondImage(preparation: Preparation, tested: BootImage): () => Promise<BootImage> {
  const spec = preparation.request.config.secondImage;
  let made: Promise<BootImage> | undefined;
  return async () => {
    if (spec === 'tested' || spec === tested.spec) return tested;
    made ??= provide(spec, preparation, { signal: preparation.request.signal });
    try {
      return await made;
    } catch (thrown) {
      made = undefined;
      const { message, details, code } = asTapbootError(thrown);
      throw infraError('TAPBOOT_E_SECOND_IMAGE', `the second machine has no image: ${message}`, {
        expected: `${spec}, which second machines boot`,
        got: details.got ?? code,
        hint: 'Set TAPBOOT_SECOND_IMAGE to another SPEC, or to `tested`; or let the step say `resurrect: { image: tested }`.',
        cause: thrown,
      });
    }
  };
}

/** What was found on this machine, as the host of a run that is recorded. */
function hostOfRun(preparation: Preparation, image: BootImage, found: FoundHost): VmHost {
  const { record, events, secrets } = preparation;
  const { keys, workspace } = found;
  record.metadata.setRootKeyFingerprint(keys.fingerprint);
  const connections = new Connections(workspace, record.directory.name, keys.clientKeyFile);
  return {
    ...found,
    secondImage: secondImage(preparation, image),
    redact: secrets,
    consoleFilter: secrets === undefined ? undefined : () => new StreamRedactor(secrets),
    emit: (event) => {
      connections.handle(event, (vm) => record.directory.vm(vm).serialLog);
      events.emit(event);
    },
    reachable: (vm, ssh) => {
      connections.ssh(vm, ssh);
    },
    places: (vm) => record.directory.vm(vm),
    facts: (vm, facts) => {
      record.metadata.setVm(vm, facts);
    },
  };
}
