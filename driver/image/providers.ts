import { scenarioError } from '../errors.js';
import type { BootImage, ProviderContext } from './image.js';
import { providers } from './providers.generated.js';
import { parseImageSpec } from './spec.js';

/** SPEC of the image when neither a flag nor `TAPBOOT_IMAGE` names one. */
export const DEFAULT_IMAGE = 'debian';

/**
 * Makes the image that a SPEC names available on this host.
 *
 * @throws TapbootError `scenario` for a wrong SPEC, `infra` when the image cannot be had
 */
export async function provideImage(specText: string, context: ProviderContext): Promise<BootImage> {
  const spec = parseImageSpec(specText, context.workingDirectory);
  const load = providers[spec.provider as keyof typeof providers] as
    (typeof providers)[keyof typeof providers] | undefined;
  if (load === undefined) {
    throw scenarioError('TAPBOOT_E_IMAGE_SPEC', `no provider is called '${spec.provider}'`);
  }
  const provider = await load();
  return provider.provide(spec, context);
}
