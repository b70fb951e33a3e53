import { textSetting } from '../config/settings-table.js';
import type { BootImage } from '../image/image.js';
import type { ProviderContext } from '../image/image.js';
import { DEFAULT_IMAGE, fetchImage, provideImage } from '../image/providers.js';
import type { Outside } from './outside.js';

/**
 * Makes an image available and shows the build on stderr: its stages, and what it logs indented
 * below them.
 * @param spec undefined for the default image
 * @throws TapbootError `scenario` for a wrong SPEC, `infra` when the image cannot be had
 */
export async function obtainImage(
  spec: string | undefined,
  outside: Outside,
  signal: AbortSignal,
): Promise<BootImage> {
  return await provideImage(...withDefaults(spec, outside, signal));
}

/**
 * Downloads what an image is made of, and shows it on stderr as {@link obtainImage} does.
 * @returns what is there now, in a few words
 */
export async function obtainParts(
  spec: string | undefined,
  outside: Outside,
  signal: AbortSignal,
): Promise<string> {
  return await fetchImage(...withDefaults(spec, outside, signal));
}

function withDefaults(
  spec: string | undefined,
  outside: Outside,
  signal: AbortSignal,
): [string, ProviderContext] {
  const context: ProviderContext = {
    cacheDirectory: outside.cacheDirectory(),
    projectRoot: outside.projectRoot,
    workingDirectory: outside.workingDirectory,
    progress: {
      stage: (text) => {
        outside.stderr.write(`image: ${text}\n`);
      },
      log: (line) => {
        outside.stderr.write(`  ${line}\n`);
      },
    },
    signal,
  };
  return [textSetting('image', outside.environment, spec) ?? DEFAULT_IMAGE, context];
}
