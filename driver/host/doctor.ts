import { access, constants, mkdir } from 'node:fs/promises';
import { availableParallelism, freemem, totalmem } from 'node:os';
import type { HostCheck } from './check.js';
import { diskFree } from './disk-free.js';
import { locateTool } from './find-tool.js';
import { installCommand, type HostPackage } from './packages.js';
import { toolVersion } from './tool-version.js';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

/** Room for a run with a warm cache: disk overlays of a few scenarios, and the record. */
const RUN_BYTES = GIB;
/** Memory for one guest of the default 512 MiB, QEMU's own part and the driver. */
const RUN_MEMORY = 900 * MIB;

/** What {@link hostChecks} may know of the outside world. */
export interface DoctorContext {
  packages: readonly HostPackage[];
  searchPath: string;
  cacheDirectory: string;
  logRoot: string;
}

const gib = (bytes: number): string => `${(bytes / GIB).toFixed(1)} GiB`;

async function readable(path: string): Promise<boolean> {
  try {
    await access(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

async function packageCheck(entry: HostPackage, context: DoctorContext): Promise<HostCheck> {
  const missing: string[] = [];
  let version: string | undefined;
  for (const command of entry.commands) {
    const path = await locateTool(command, context.searchPath);
    if (path === undefined) missing.push(command);
    else version ??= entry.for === 'run' ? await toolVersion(path) : undefined;
  }
  for (const any of entry.files) {
    const found = await Promise.all(any.map(readable));
    if (!found.includes(true)) missing.push(any[0] ?? '');
  }
  if (missing.length === 0) {
    return { name: entry.name, state: 'ok', detail: version ?? entry.reason };
  }
  return {
    name: entry.name,
    state: entry.for === 'run' ? 'failed' : 'warning',
    detail: `${missing.join(', ')} missing; it ${entry.reason}`,
    fix: `As root: ${installCommand([entry.name])}`,
  };
}

async function spaceCheck(name: string, path: string): Promise<HostCheck> {
  try {
    await mkdir(path, { recursive: true });
    await access(path, constants.W_OK);
  } catch (error) {
    return {
      name,
      state: 'failed',
      detail: `${path} cannot be written to: ${error instanceof Error ? error.message : String(error)}`,
      fix: `Give this user the right to write there, or choose another directory.`,
    };
  }
  const free = await diskFree(path);
  const detail = `${path}, ${gib(free)} free`;
  if (free >= RUN_BYTES) return { name, state: 'ok', detail };
  return { name, state: 'failed', detail, fix: `Make room: a run needs ${gib(RUN_BYTES)}.` };
}

function memoryCheck(): HostCheck {
  const detail = `${gib(freemem())} of ${gib(totalmem())} unused, ${String(availableParallelism())} cores`;
  // Linux counts its page cache as used; what is free in this sense is the pessimist's figure.
  if (totalmem() >= RUN_MEMORY) return { name: 'memory', state: 'ok', detail };
  return { name: 'memory', state: 'failed', detail, fix: 'A guest of 512 MiB does not fit.' };
}

/** Looks at everything on the host that a run relies on, short of starting QEMU. */
export async function hostChecks(context: DoctorContext): Promise<HostCheck[]> {
  const packages = await Promise.all(context.packages.map((entry) => packageCheck(entry, context)));
  return [
    { name: 'node', state: 'ok', detail: `${process.version} (${process.execPath})` },
    ...packages,
    await spaceCheck('cache', context.cacheDirectory),
    await spaceCheck('run directories', context.logRoot),
    memoryCheck(),
  ];
}
