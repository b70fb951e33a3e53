import { regExpQuote } from '../../quote.js';
import { existsSync } from 'node:fs';
import { lstat, readFile } from 'node:fs/promises';
import { basename, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import type { Artifact, RunEvent } from '../../events/events.js';
import { safeName } from '../../safe-name.js';
import { readRecording } from './recording.js';
import type { ReportEvidence, ReportRecording } from './report-data.js';

/** Bytes of pictures in one page; further ones are linked. */
const IMAGES_LIMIT = 12 * 1024 * 1024;
const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Where the files of one VM lie, as far as they are there. */
interface VmPlace {
  vm: string;
  serialLog: string;
  recording: string;
}

/**
 * Reads what a run has left in its directory and a report shows: consoles, pictures, the
 * environment. What is missing or cannot be read is left out: a report of half a run is
 * better than none.
 * @param directory where the run directory is now; it may have been moved since
 */
export async function readEvidence(
  events: readonly RunEvent[],
  directory: string,
): Promise<ReportEvidence> {
  // A run that could not begin, or was merged from several, has no directory.
  if (!isAbsolute(directory)) return {};
  const from = events.find((event) => event.type === 'run:start')?.directory ?? directory;
  const recordings = new Map<string, ReportRecording>();
  const vmFiles = new Map<string, Artifact[]>();
  for (const { vm, serialLog, recording } of await vmPlaces(events, directory)) {
    const found = await readOwnFile(recording).then(readRecording, () => undefined);
    if (found !== undefined) recordings.set(vm, found);
    // Links are made from where the run was; they are relative, so that it may have moved.
    const back = (path: string): string => join(from, relative(directory, path));
    vmFiles.set(vm, [
      { label: 'serial.log', path: back(serialLog) },
      ...(found === undefined ? [] : [{ label: 'serial.cast', path: back(recording) }]),
    ]);
  }
  const logs = ['harness.log', 'metadata.json', 'events.jsonl'];
  const files = logs
    .filter((name) => existsSync(join(directory, 'logs', name)))
    .map((name) => ({ label: name, path: join(from, 'logs', name) }));
  return {
    recordings,
    vmFiles,
    files,
    images: await readImages(events, from, directory),
    environment: (await readMetadata(directory)).environment,
  };
}

/** A link would show a file from elsewhere, and a FIFO would be waited for. */
async function readOwnFile(path: string): Promise<string> {
  if (!(await lstat(path)).isFile()) throw new Error('not a regular file');
  return await readFile(path, 'utf8');
}

/** metadata.json knows which VM has which log; without it, the order of the starts does. */
async function vmPlaces(events: readonly RunEvent[], directory: string): Promise<VmPlace[]> {
  const { vms } = await readMetadata(directory);
  const logs = new Map<string, string>();
  for (const { name, logs: places } of vms) {
    // The path is relative to where the run was started: only its end is sure.
    const inside = new RegExp(`(?:^|/)${regExpQuote(basename(directory))}/(.*)$`).exec(
      places.serial,
    )?.[1];
    const path = join(directory, inside ?? '..');
    if (path.startsWith(directory + sep)) logs.set(name, path);
  }
  const names = new Set(events.flatMap((event) => (event.type === 'vm:start' ? [event.vm] : [])));
  return [...names].map((vm, index) => {
    const own = join(directory, 'logs', 'vms', safeName(vm), 'serial.log');
    const first = join(directory, 'logs', 'serial.log');
    const serialLog = logs.get(vm) ?? (index === 0 || !existsSync(own) ? first : own);
    return { vm, serialLog, recording: serialLog.replace(/serial\.log$/, 'serial.cast') };
  });
}

/** What a report needs of metadata.json; anything else in its place is as good as nothing. */
const metadataSchema = z.object({
  vms: z.array(z.object({ name: z.string(), logs: z.object({ serial: z.string() }) })).catch([]),
  environment: z.record(z.string(), z.string()).catch({}),
});

async function readMetadata(directory: string): Promise<z.infer<typeof metadataSchema>> {
  try {
    const text = await readFile(join(directory, 'logs', 'metadata.json'), 'utf8');
    return metadataSchema.parse(JSON.parse(text));
  } catch {
    return { vms: [], environment: {} };
  }
}

function artifactsOf(event: RunEvent): Artifact[] {
  if (event.type !== 'step:end' && event.type !== 'scenario:end') return [];
  return [...event.artifacts, ...(event.failure?.artifacts ?? [])];
}

/** PNG artifacts below the run directory, by the path that the events give them. */
async function readImages(
  events: readonly RunEvent[],
  from: string,
  directory: string,
): Promise<Map<string, string>> {
  const images = new Map<string, string>();
  let left = IMAGES_LIMIT;
  for (const { path } of events.flatMap(artifactsOf)) {
    if (!path.endsWith('.png') || images.has(path)) continue;
    const inside = relative(from, path);
    const here = resolve(directory, inside);
    if (!here.startsWith(directory + sep)) continue;
    const size = await lstat(here).then(
      (found) => (found.isFile() ? found.size : 0),
      () => 0,
    );
    if (size === 0 || size > left) continue;
    const bytes = await readFile(here);
    if (!bytes.subarray(0, 8).equals(PNG_SIGNATURE)) continue;
    left -= size;
    images.set(path, `data:image/png;base64,${bytes.toString('base64')}`);
  }
  return images;
}
