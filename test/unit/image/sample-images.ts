// Small files that look like the real ones from outside, and ISOs made of them with xorriso.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import type { ProviderContext } from '../../../driver/image/image.js';

/** A context below a directory, and what the provider said. */
export interface SampleContext extends ProviderContext {
  lines: string[];
  stages: string[];
}

export function sampleContext(directory: string): SampleContext {
  const lines: string[] = [];
  const stages: string[] = [];
  return {
    cacheDirectory: join(directory, 'cache'),
    projectRoot: directory,
    workingDirectory: directory,
    progress: { stage: (text) => void stages.push(text), log: (line) => void lines.push(line) },
    lines,
    stages,
  };
}

/** `length` bytes with texts at offsets. */
export function bytes(length: number, texts: Record<number, string>): Buffer {
  const buffer = Buffer.alloc(length);
  for (const [offset, text] of Object.entries(texts)) {
    buffer.write(text, Number(offset), 'latin1');
  }
  return buffer;
}

/** A kernel by its signature, with a name in it to know it by. */
export const kernel = (name: string): Buffer => bytes(1024, { 0: name, 0x202: 'HdrS' });

/** An initrd by its signature. */
export const initrd = (name: string): Buffer => Buffer.from(`070701${name}`, 'latin1');

/** How an ISO is to boot. */
export type IsoFirmware = 'bios' | 'uefi';

/** Makes an ISO from contents by path; with boot catalog entries for the firmware named. */
export async function makeIso(
  path: string,
  contents: Record<string, string | Buffer>,
  firmware: IsoFirmware[] = [],
  options: string[] = ['-R', '-J'],
): Promise<void> {
  const tree = `${path}.tree`;
  const boot: string[] = [];
  const add = (name: string, content: string | Buffer): void => {
    mkdirSync(dirname(join(tree, name)), { recursive: true });
    writeFileSync(join(tree, name), content);
  };
  for (const [name, content] of Object.entries(contents)) add(name, content);
  for (const [index, kind] of firmware.entries()) {
    add(`loader-${kind}`, bytes(4096, { 0: kind }));
    if (index > 0) boot.push('-eltorito-alt-boot');
    boot.push(kind === 'bios' ? '-b' : '-e', `loader-${kind}`, '-no-emul-boot');
  }
  await execa('xorriso', ['-as', 'mkisofs', '-quiet', ...options, ...boot, '-o', path, tree]);
}
