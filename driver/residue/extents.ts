import { z } from 'zod';
import { infraError, type TapbootError } from '../errors.js';
import type { Extent } from './finding.js';
import { runHostTool } from './host-tool.js';

const mapSchema = z.array(
  z.object({ start: z.number(), length: z.number(), zero: z.boolean(), data: z.boolean() }),
);

/**
 * The stretches of a raw file that hold data, in order, neighbours joined; holes are left out.
 * On a file system that cannot tell holes, all of the file.
 *
 * `qemu-img map` asks the file system with SEEK_DATA and SEEK_HOLE, which Node cannot.
 * @param size bytes of the file; qemu-img rounds up to 512, the result does not
 * @throws TapbootError `infra` TAPBOOT_E_TOOL_FAILED also when the map leaves out a part
 */
export async function dataExtents(
  path: string,
  size: number,
  qemuImg: string,
  signal?: AbortSignal,
): Promise<Extent[]> {
  const args = ['map', '--force-share', '--output=json', '-f', 'raw', path];
  const tool = { command: qemuImg, package: 'qemu-utils' };
  const { stdout } = await runHostTool(tool, args, [0], signal);
  const extents: Extent[] = [];
  let told = 0;
  for (const entry of parseMap(stdout)) {
    // What the map passes over would never be read, and count as zeros.
    if (entry.start !== told) break;
    told = entry.start + entry.length;
    const end = Math.min(told, size);
    if (!entry.data || entry.zero || end <= entry.start) continue;
    const last = extents.at(-1);
    if (last !== undefined && last.offset + last.length === entry.start) {
      last.length = end - last.offset;
    } else {
      extents.push({ offset: entry.start, length: end - entry.start });
    }
  }
  if (told < size) throw unreadableMap(stdout, `a map without gaps of all ${String(size)} bytes`);
  return extents;
}

function parseMap(text: string): z.infer<typeof mapSchema> {
  try {
    return mapSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw unreadableMap(text, 'a JSON list of extents', cause);
  }
}

const unreadableMap = (text: string, expected: string, cause?: unknown): TapbootError =>
  infraError('TAPBOOT_E_TOOL_FAILED', 'the answer of qemu-img map cannot be read', {
    expected,
    got: text.slice(0, 200),
    hint: 'Another version of qemu-utils may be installed than tapboot was tested with.',
    cause,
  });
