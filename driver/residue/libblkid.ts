import { z } from 'zod';
import { infraError } from '../errors.js';
import type { FindingKind } from './finding.js';
import { runHostTool } from './host-tool.js';
import type { Region, Signature } from './signatures/signature.js';

const wipefsSchema = z.object({
  signatures: z.array(
    z.object({
      offset: z.string(),
      type: z.string(),
      uuid: z.string().nullish(),
      label: z.string().nullish(),
    }),
  ),
});

const tableTypes = new Set(['gpt', 'dos', 'PMBR', 'atari', 'bsd', 'mac', 'sgi', 'sun', 'unixware']);
const swapTypes = new Set(['swap', 'swsuspend']);

/** The kind that a libblkid type is shown as. `usage` is blkid's word, where it was asked. */
function kindOf(type: string, usage?: string): FindingKind {
  if (tableTypes.has(type)) return 'partition-table';
  if (swapTypes.has(type)) return 'swap';
  if (type === 'linux_raid_member') return 'md-superblock';
  if (type === 'LVM2_member' || type === 'LVM1_member') return 'lvm-label';
  if (type.endsWith('_raid_member') || type === 'silicon_medley_raid_member') return 'raid-other';
  if (/^(crypto_LUKS|BitLocker|DM_|cs_fvault2)/.test(type) || usage === 'crypto') return 'crypto';
  if (
    [
      'bcache',
      'drbd',
      'drbdproxy_datalog',
      'ceph_bluestore',
      'vdo',
      'stratis',
      'ubi',
      'DM_snapshot_cow',
      'mpool',
    ].includes(type)
  ) {
    return 'storage-other';
  }
  return usage === 'other' ? 'storage-other' : 'filesystem';
}

/**
 * All signatures that `wipefs --no-act` lists for the whole disk.
 * Some of them libblkid finds only at the end of a whole disk (firmware RAID).
 */
export async function wipefsSignatures(
  path: string,
  wipefs: string,
  signal?: AbortSignal,
): Promise<Signature[]> {
  const tool = { command: wipefs, package: 'util-linux' };
  const { stdout } = await runHostTool(tool, ['--no-act', '--json', path], [0], signal);
  if (stdout.trim() === '') return [];
  return parse(stdout).signatures.map(({ offset, type, uuid, label }) => {
    const details = [uuid ? `uuid ${uuid}` : '', label ? `label ${label}` : ''].filter(Boolean);
    return {
      kind: kindOf(type),
      type,
      offset: Number(offset),
      length: 0,
      owner: 0,
      what: [`${type} (magic, as wipefs sees it)`, ...details].join(', '),
      detail: { seen_by: 'wipefs' },
    };
  });
}

function parse(stdout: string): z.infer<typeof wipefsSchema> {
  try {
    return wipefsSchema.parse(JSON.parse(stdout));
  } catch (cause) {
    throw infraError('TAPBOOT_E_TOOL_FAILED', 'the answer of wipefs cannot be read', {
      expected: 'JSON with a list of signatures',
      got: stdout.slice(0, 200),
      hint: 'Another version of util-linux may be installed than tapboot was tested with.',
      cause,
    });
  }
}

// blkid(8): 0 found, 8 ambivalent; 2 is both nothing found and every failure to look, and only
// the latter says something on stderr.
const answers = [0, 2, 8];
const nothingFound = [2];
const usages = ['filesystem', 'raid', 'crypto', 'other'];

/**
 * What `blkid --probe` says of one part of the disk. Where several formats are there, blkid
 * refuses to choose and is asked for each usage by itself.
 * @throws TapbootError `infra` TAPBOOT_E_TOOL_FAILED when blkid could not look: that is no answer
 */
export async function blkidSignatures(
  path: string,
  region: Region,
  blkid: string,
  signal?: AbortSignal,
): Promise<Signature[]> {
  const tool = { command: blkid, package: 'util-linux' };
  const ask = async (...filter: string[]) =>
    runHostTool(
      tool,
      [
        '--probe',
        ...filter,
        '--output',
        'export',
        '--offset',
        String(region.start),
        '--size',
        String(region.length),
        path,
      ],
      answers,
      signal,
      nothingFound,
    );
  const first = await ask();
  if (first.exitCode !== 8) return read(first.stdout, region);
  const found: Signature[] = [];
  for (const usage of usages) {
    const answer = await ask('--usages', usage);
    found.push(
      ...(answer.exitCode === 8 ? [ambivalent(region, usage)] : read(answer.stdout, region)),
    );
  }
  return found;
}

function read(output: string, region: Region): Signature[] {
  const value = (key: string): string | undefined =>
    new RegExp(`^${key}=(.*)$`, 'm').exec(output)?.[1];
  const label = value('LABEL');
  return ['TYPE', 'PTTYPE'].flatMap((key) => {
    const type = value(key);
    if (type === undefined) return [];
    return {
      kind: key === 'PTTYPE' ? 'partition-table' : kindOf(type, value('USAGE')),
      type,
      offset: region.start,
      length: 0,
      owner: region.start,
      what: `${type} (as blkid sees it)${label === undefined ? '' : `, label ${label}`}`,
      detail: { seen_by: 'blkid' },
    };
  });
}

const ambivalent = (region: Region, usage: string): Signature => ({
  kind: usage === 'raid' ? 'raid-other' : usage === 'crypto' ? 'crypto' : 'filesystem',
  type: 'ambivalent',
  offset: region.start,
  length: 0,
  owner: region.start,
  what: `several formats of usage ${usage} at once (as blkid sees it)`,
  detail: { seen_by: 'blkid' },
});
