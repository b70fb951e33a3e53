import { createHash } from 'node:crypto';
import { scenarioError } from '../../errors.js';
import { fileDigest } from '../../host/file-digest.js';
import type {
  BootImage,
  BootMedium,
  ImageArtifact,
  ImageProvider,
  ImageSpec,
  ProviderContext,
} from '../image.js';
import { isoMedium } from '../iso/iso-medium.js';
import { bootOption, guestAccess } from './guest-access.js';
import { kernelSet } from './kernel-set.js';
import { qcow2Chain } from './qcow2-chain.js';
import { demandKind, readableFile } from './readable-file.js';

/** What the three kinds of file have to say each in its own way. */
export interface FileImage {
  medium: BootMedium;
  identity: string;
  artifact: ImageArtifact;
  direct?: BootImage['direct'];
}

/**
 * Images that lie on the host already: an ISO, a disk, or a kernel with its initrd. They are
 * only read; `identity` is the SHA-256 of the file where the image is one file.
 */
export const provider: ImageProvider = {
  name: 'file',
  async provide(spec, context): Promise<BootImage> {
    const access = guestAccess(spec.options);
    const isSet = spec.options['kernel'] !== undefined;
    const image = isSet ? await kernelSet(spec, context) : await singleFile(spec, context);
    return { provider: 'file', spec: spec.text, access, cached: true, ...image };
  },
};

async function singleFile(spec: ImageSpec, context: ProviderContext): Promise<FileImage> {
  for (const name of ['initrd', 'root'] as const) {
    if (spec.options[name] === undefined) continue;
    throw scenarioError('TAPBOOT_E_IMAGE_OPTION', `the image option “${name}” needs a kernel`, {
      expected: `file:kernel=K,${name}=…`,
      got: spec.text,
    });
  }
  if (spec.target === '') {
    throw scenarioError('TAPBOOT_E_IMAGE_SPEC', 'the provider “file” needs a path or a kernel', {
      expected: 'file:PATH, or file:kernel=K,initrd=I,root=R,append=…',
      got: spec.text,
    });
  }
  const path = await readableFile(spec.target, context.workingDirectory, spec);
  const expected = 'an ISO 9660 image, a qcow2 image, or a raw disk with a partition table';
  const kinds = ['iso', 'qcow2', 'partitioned-disk'] as const;
  const kind = await demandKind(path, 'boot image', kinds, expected);
  if (kind === 'iso') return isoFile(path, spec, context);
  return diskFile(path, kind === 'qcow2' ? 'qcow2' : 'raw', spec, context);
}

async function isoFile(
  path: string,
  spec: ImageSpec,
  context: ProviderContext,
): Promise<FileImage> {
  const { entry, append } = spec.options;
  const boot = bootOption(spec.options, ['direct', 'bios', 'uefi'], 'for an ISO');
  const identity = await fileDigest(path, context);
  const { artifact, ...ways } = await isoMedium(path, identity, { boot, entry, append }, context);
  return { ...ways, identity, artifact: { iso_path: path, sha256: identity, ...artifact } };
}

async function diskFile(
  path: string,
  format: 'raw' | 'qcow2',
  spec: ImageSpec,
  context: ProviderContext,
): Promise<FileImage> {
  const why = 'for a disk; direct needs file:kernel=…';
  const firmware = bootOption(spec.options, ['bios', 'uefi'], why) ?? 'bios';
  for (const name of ['entry', 'append'] as const) {
    if (spec.options[name] === undefined) continue;
    throw scenarioError('TAPBOOT_E_IMAGE_OPTION', `a disk has no use for the option “${name}”`, {
      expected: 'boot, user, password, access',
      got: spec.text,
    });
  }
  const chain = format === 'qcow2' ? await qcow2Chain(path, spec) : [path];
  const digests: string[] = [];
  for (const file of chain) {
    digests.push(await fileDigest(file, context));
  }
  const [only = ''] = digests;
  const identity =
    digests.length === 1 ? only : createHash('sha256').update(digests.join('\n')).digest('hex');
  return {
    medium: { kind: 'disk', disk: path, format, firmware },
    identity,
    artifact: { disk_path: path, format, boot: firmware, sha256: only },
  };
}
