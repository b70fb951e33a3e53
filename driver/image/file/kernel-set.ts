import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { scenarioError } from '../../errors.js';
import { fileDigest } from '../../host/file-digest.js';
import { joinedInitrd } from '../content/joined-initrd.js';
import type { BootMedium, ImageArtifact, ImageSpec, ProviderContext } from '../image.js';
import { bootOption } from './guest-access.js';
import { demandKind, readableFile } from './readable-file.js';

/**
 * An image given by its parts: `kernel`, `initrd` (several joined by `+`), `root`, `append`.
 * @throws TapbootError `scenario` for a part that is missing or of the wrong kind
 */
export async function kernelSet(
  spec: ImageSpec,
  context: ProviderContext,
): Promise<{ medium: BootMedium; identity: string; artifact: ImageArtifact }> {
  const { entry, format, backing } = spec.options;
  if (spec.target !== '' || [entry, format, backing].some((value) => value !== undefined)) {
    throw scenarioError('TAPBOOT_E_IMAGE_SPEC', 'an image is either one file or a kernel', {
      expected: 'file:PATH[,boot=…], or file:kernel=K[,initrd=I][,root=R][,append=…]',
      got: spec.text,
    });
  }
  bootOption(spec.options, ['direct'], 'a kernel is always booted directly');
  const part = (path: string): Promise<string> =>
    readableFile(path, context.workingDirectory, spec);
  const kernel = await part(spec.options['kernel'] ?? '');
  await demandKind(
    kernel,
    'kernel',
    ['linux-kernel'],
    'a bzImage, an arm64 Image or a PVH vmlinux',
  );
  const initrds: string[] = [];
  for (const path of initrdPaths(spec, context)) {
    const initrd = await part(path);
    await demandKind(initrd, 'initrd', ['initrd', 'compressed'], 'a cpio archive, or a packed one');
    initrds.push(initrd);
  }
  const rootOption = spec.options['root'];
  const root = rootOption === undefined ? undefined : await part(rootOption);
  if (root !== undefined) {
    const kinds = ['file-system', 'iso', 'partitioned-disk', 'unknown'] as const;
    await demandKind(root, 'root file system', kinds, 'a file system image, not packed');
  }
  const append = spec.options['append'] ?? '';
  const initrdDigests: string[] = [];
  for (const initrd of initrds) initrdDigests.push(await fileDigest(initrd, context));
  const lines = [
    `kernel ${await fileDigest(kernel, context)}`,
    ...initrdDigests.map((digest) => `initrd ${digest}`),
    ...(root === undefined ? [] : [`root ${await fileDigest(root, context)}`]),
    `append ${append}`,
  ];
  const joined =
    initrds.length < 2 ? initrds : [await joinedInitrd(initrds, initrdDigests, context)];
  return {
    medium: { kind: 'direct', kernel, initrds: joined, append, root },
    identity: createHash('sha256').update(lines.join('\n')).digest('hex'),
    artifact: {
      boot: 'direct',
      kernel,
      initrd: initrds.length === 0 ? undefined : initrds.join('+'),
      root,
      append,
    },
  };
}

/** A `+` may also be part of a name: a file that exists under the whole value is meant. */
function initrdPaths(spec: ImageSpec, context: ProviderContext): string[] {
  const value = spec.options['initrd'];
  if (value === undefined) return [];
  if (value !== '' && existsSync(resolve(context.workingDirectory, value))) return [value];
  const paths = value.split('+');
  if (!paths.includes('')) return paths;
  throw scenarioError('TAPBOOT_E_IMAGE_OPTION_VALUE', 'the image option “initrd” is wrong', {
    expected: 'a path, or several with a + between them',
    got: value === '' ? 'nothing' : value,
  });
}
