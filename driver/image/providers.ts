import { scenarioError } from '../errors.js';
import type { BootImage, ImageProvider, ImageSpec, ProviderContext } from './image.js';
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
  return (await providerOf(spec)).provide(spec, context);
}

/**
 * Downloads what the image of a SPEC is made of, where its provider can do so before the build.
 * @returns what is there now, in a few words
 * @throws TapbootError as {@link provideImage}
 */
export async function fetchImage(specText: string, context: ProviderContext): Promise<string> {
  const spec = parseImageSpec(specText, context.workingDirectory);
  const provider = await providerOf(spec);
  return (await provider.fetch?.(spec, context)) ?? 'nothing to download before the build';
}

async function providerOf(spec: ImageSpec): Promise<ImageProvider> {
  const load = providers[spec.provider as keyof typeof providers] as
    (typeof providers)[keyof typeof providers] | undefined;
  if (load === undefined) {
    throw scenarioError('TAPBOOT_E_IMAGE_SPEC', `no provider is called '${spec.provider}'`);
  }
  return await load();
}
