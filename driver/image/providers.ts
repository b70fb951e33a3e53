import type { BootImage, ImageProvider, ProviderContext } from './image.js';
import { parseImageSpec } from './spec.js';

/** SPEC of the image when neither a flag nor `TAPBOOT_IMAGE` names one. */
export const DEFAULT_IMAGE = 'debian';

/** Every provider, loaded when it is asked for. */
const PROVIDERS: Record<BootImage['provider'], () => Promise<ImageProvider>> = {
  debian: async () => (await import('./debian/provider.js')).debianProvider,
  nix: async () => (await import('./nix/provider.js')).nixProvider,
  file: async () => (await import('./file/provider.js')).fileProvider,
};

/**
 * Makes the image that a SPEC names available on this host.
 *
 * @throws TapbootError `scenario` for a wrong SPEC, `infra` when the image cannot be had
 */
export async function provideImage(specText: string, context: ProviderContext): Promise<BootImage> {
  const spec = parseImageSpec(specText, context.workingDirectory);
  const provider = await PROVIDERS[spec.provider]();
  return provider.provide(spec, context);
}
