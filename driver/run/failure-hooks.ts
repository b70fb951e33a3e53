import { CapsuleKeeper } from '../snapshots/capsule/index.js';
import { fileDigest } from '../host/file-digest.js';
import type { FailureHooks, ScenarioContext as StepsContext } from '../steps/index.js';
import type { PlannedScenario } from './work-list.js';
import type { ScenarioContext } from './scenario-context.js';
import type { Acquired } from '../snapshots/resume-point.js';

/** What the step engine is to tell while a scenario runs. */
type Hooks = FailureHooks & Pick<StepsContext, 'stepPassed'>;

/**
 * Who watches the steps of one attempt: the step cache, the keeper of capsules, and whoever
 * debugs.
 */
export async function failureHooks(
  { vm, reused, stepPassed }: Acquired,
  { scenario }: Pick<PlannedScenario, 'scenario'>,
  context: ScenarioContext,
): Promise<Hooks> {
  const { request, record, host, log } = context;
  const { config, holdAtFailure } = request;
  const { capture: mode } = config;
  const hold: Hooks = {
    afterFailure: async (failed) => await holdAtFailure?.(vm, failed, context),
  };
  if (mode === 'none') return { ...hold, stepPassed };
  const keeper = new CapsuleKeeper({
    host,
    vm,
    scenario,
    mode,
    run: record.directory.name,
    version: request.version,
    directory: record.directory.vm(vm.name).artifacts,
    digest: async (path) =>
      await fileDigest(path, {
        cacheDirectory: request.cacheDirectory,
        progress: { stage: () => undefined, log },
      }),
    reused,
  });
  await keeper.begin();
  return {
    ...hold,
    stepPassed: async (passed) => {
      await stepPassed?.(passed);
      await keeper.stepPassed(passed);
    },
    stepFailed: async (step, error) => await keeper.failed(step, error),
  };
}
