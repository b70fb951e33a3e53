import { performance } from 'node:perf_hooks';
import { Connections } from '../record/connections.js';
import { asTapbootError, infraError } from '../errors.js';
import type { VmHost } from '../machine/vm-host.js';
import type { EventStream } from '../events/stream.js';
import type { BootImage } from '../image/image.js';
import { DEFAULT_IMAGE, provideImage } from '../image/providers.js';
import type { RunRecord } from '../record/run-record.js';
import { findHost } from '../machine/host-of-run.js';
import { makeRunKeys } from '../machine/run-keys.js';
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

/**
 * Makes the run's image available, and tells the events of it.
 * @throws TapbootError `scenario` for a wrong SPEC, `infra` when the image cannot be had
 */
export async function prepareImage(preparation: Preparation): Promise<BootImage> {
  const { request, events } = preparation;
  const spec = request.config.image ?? DEFAULT_IMAGE;
  const image = await provide(spec, preparation);
  const { identity, cached, buildSeconds, artifact } = image;
  events.emit({ type: 'image', spec, identity, cached, artifact, buildSeconds });
  return image;
}

async function provide(spec: string, { request, events, log }: Preparation): Promise<BootImage> {
  const text = `image ${spec}`;
  events.emit({ type: 'phase:start', phase: 'build', text });
  const started = performance.now();
  const image = await provideImage(spec, {
    cacheDirectory: request.cacheDirectory,
    projectRoot: request.projectRoot,
    workingDirectory: request.workingDirectory,
    signal: request.signal,
    progress: {
      stage: (stage) => {
        events.emit({ type: 'phase:progress', phase: 'build', text: stage });
      },
      log: (line) => {
        log(`image: ${line}`);
      },
    },
  });
  const seconds = (performance.now() - started) / 1000;
  events.emit({ type: 'phase:end', phase: 'build', text, seconds });
  return image;
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
    made ??= provide(spec, preparation);
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

/**
 * Finds QEMU and an accelerator, and makes the run's keys: all that its machines share.
 * @param workspace short private directory, removed by the caller
 * @throws TapbootError `infra` when QEMU or the demanded accelerator cannot be used
 */
export async function prepareHost(
  preparation: Preparation,
  image: BootImage,
  workspace: string,
): Promise<VmHost> {
  const { request, record, events, log, secrets } = preparation;
  const keys = await makeRunKeys(workspace);
  const found = await findHost({
    config: request.config,
    image,
    cacheDirectory: request.cacheDirectory,
    workspace,
    keys,
    log,
    signal: request.signal,
  });
  const { name, reasons } = found.accelerator;
  events.emit({ type: 'accelerator', name, reasons });
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
