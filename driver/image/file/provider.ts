import { createHash } from 'node:crypto';
import { extname } from 'node:path';
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
import type { FileKind } from './file-kind.js';
import { bootOption, guestAccess } from './guest-access.js';
import { kernelSet } from './kernel-set.js';
import { qcow2Chain } from './qcow2-chain.js';
import { demandKind, readableFile, wrongKind } from './readable-file.js';

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
  const format = await formatOf(path, spec);
  await demandKind(path, 'boot image', ...CONTENTS[format]);
  if (format !== 'iso') return diskFile(path, format, spec, context);
  if (spec.options['backing'] === undefined) return isoFile(path, spec, context);
  throw scenarioError('TAPBOOT_E_IMAGE_OPTION', 'an ISO has no use for the option “backing”', {
    expected: 'boot, entry, append, user, password, access',
    got: spec.text,
  });
}

type Format = 'iso' | 'qcow2' | 'raw';

/** By extension, small letters. */
const FORMATS: Readonly<Record<string, Format>> = {
  '.iso': 'iso',
  '.qcow2': 'qcow2',
  '.raw': 'raw',
  '.img': 'raw',
};

/** What a file of each format has in it, and that in words. An ISO for USB sticks is a disk, too. */
const CONTENTS: Record<Format, [readonly FileKind[], string]> = {
  iso: [['iso'], 'an ISO 9660 image'],
  qcow2: [['qcow2'], 'a qcow2 image'],
  raw: [['partitioned-disk', 'iso'], 'a raw disk with a partition table'],
};

/**
 * The format that a SPEC says: by `format`, else by the extension of the path as it is written,
 * else of the file that links lead to. Never by the contents: whoever fills a disk chooses those.
 * @throws TapbootError `scenario`
 */
async function formatOf(path: string, spec: ImageSpec): Promise<Format> {
  const { format } = spec.options;
  const byName = [spec.target, path].map((name) => FORMATS[extname(name).toLowerCase()]);
  const found =
    format === undefined
      ? byName.find((name) => name !== undefined)
      : Object.values(FORMATS).find((name) => name === format);
  if (found !== undefined) return found;
  const formats = 'format=iso, format=qcow2 or format=raw';
  if (format === undefined) {
    throw await wrongKind(
      path,
      'boot image',
      `an extension (.iso, .qcow2, .raw, .img), or ${formats}`,
    );
  }
  throw scenarioError('TAPBOOT_E_IMAGE_OPTION_VALUE', 'the image option “format” is wrong', {
    expected: formats,
    got: format,
  });
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
  const { backing } = spec.options;
  if (backing !== undefined && (backing !== 'anywhere' || format !== 'qcow2')) {
    throw scenarioError('TAPBOOT_E_IMAGE_OPTION_VALUE', 'the image option “backing” is wrong', {
      expected: 'backing=anywhere, for a qcow2 image',
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
    artifact: {
      disk_path: path,
      format,
      boot: firmware,
      sha256: only,
      backing_chain:
        chain.length === 1
          ? undefined
          : chain.map((file, index) => `${digests[index] ?? ''}  ${file}`).join('\n'),
    },
  };
}
