import { existsSync } from 'node:fs';
import { isAbsolute, normalize, resolve } from 'node:path';
import { z } from 'zod';
import type { StepBase } from '../../language/step-base.js';
import { commonKeys } from '../../language/schema/common.js';
import { explained, guestPath, line, ONLY_TEMPLATE } from '../../language/schema/leaves.js';
import { byKey } from '../../language/schema/rules.js';
import { defineKind } from '../kind.js';
import type { StepReader } from '../../language/reader.js';

export interface CopyStep extends StepBase {
  kind: 'copy';
  transfer:
    /** `host` is absolute; `mode` are permission bits, e.g. 0o755. */
    | { direction: 'in'; host: string; guest: string; mode?: number }
    /** `artifact` is relative to the run's artifacts and stays below them. */
    | { direction: 'out'; guest: string; artifact: string };
}

const MODE = "permission bits in quotes, e.g. '0755'";

const inward = z.strictObject({
  host: explained(
    line('a path on the host'),
    'File on the host; relative to the scenario file.',
    'files/preseed.cfg',
  ),
  guest: explained(guestPath, 'Path in the guest.', '/run/preseed.cfg'),
  mode: explained(
    z.union(
      [z.string().regex(/^0?[0-7]{3,4}$/, MODE), z.string().regex(ONLY_TEMPLATE, MODE)],
      MODE,
    ),
    'Permission bits, in quotes. Default: those of the file on the host.',
    '0755',
  ).optional(),
});

const outward = z.strictObject({
  guest: explained(guestPath, 'File in the guest.', '/etc/fstab'),
  host: explained(
    line('a relative path'),
    'Target, relative to the run’s artifacts and below them.',
    'installed/fstab',
  ),
});

const transfer = byKey('a copy', {
  in: z.strictObject({
    in: explained(inward, 'From the host into the guest.', {
      host: 'files/preseed.cfg',
      guest: '/run/preseed.cfg',
    }),
  }),
  out: z.strictObject({
    out: explained(outward, 'From the guest into the run’s artifacts.', {
      guest: '/etc/fstab',
      host: 'installed/fstab',
    }),
  }),
});

/** `copy`: copies a file into the guest, or out of it. */
export const kind = defineKind({
  schema: explained(
    z.strictObject({
      copy: explained(transfer, 'Either in (host to guest) or out (guest to artifacts).', {
        out: { guest: '/etc/fstab', host: 'installed/fstab' },
      }),
      ...commonKeys,
    }),
    'Copies a file into the guest, or out of it into the run’s artifacts.',
    { copy: { in: { host: 'files/preseed.cfg', guest: '/run/preseed.cfg', mode: '0600' } } },
  ),
  summary: ({ copy: written }) =>
    'in' in written
      ? `${written.in.host} → guest ${written.in.guest}`
      : `guest ${written.out.guest} → ${written.out.host}`,
  build: ({ copy: written }, base, reader, { directory }): CopyStep => {
    if ('out' in written) {
      const artifact = belowArtifacts(written.out.host, reader);
      checkGuestPath(written.out.guest, ['copy', 'out', 'guest'], reader);
      return {
        ...base,
        kind: 'copy',
        transfer: { direction: 'out', guest: written.out.guest, artifact },
      };
    }
    const { in: file } = written;
    const host = resolve(directory, file.host);
    if (!existsSync(host)) {
      reader.wrong(['copy', 'in', 'host'], 'TAPBOOT_E_COPY_SOURCE', 'the file to copy is missing', {
        expected: `a file or directory at ${file.host}`,
        got: 'nothing there',
        hint: 'relative paths start at the directory of the scenario file',
      });
    }
    checkGuestPath(file.guest, ['copy', 'in', 'guest'], reader);
    return {
      ...base,
      kind: 'copy',
      transfer: {
        direction: 'in',
        host,
        guest: file.guest,
        mode: file.mode === undefined ? undefined : permissionBits(file.mode, reader),
      },
    };
  },
});

function belowArtifacts(written: string, reader: StepReader): string {
  const path = normalize(written);
  if (isAbsolute(path) || path === '.' || /^\.\.(\/|$)/.test(path)) {
    reader.wrong(
      ['copy', 'out', 'host'],
      'TAPBOOT_E_COPY_TARGET',
      'the target is outside the artifacts',
      {
        expected: 'a relative path below the run’s artifacts',
        got: `'${written}'`,
      },
    );
  }
  return path;
}

function checkGuestPath(path: string, place: string[], reader: StepReader): void {
  if (path.startsWith('/')) return;
  reader.wrong(place, 'TAPBOOT_E_SCENARIO_VALUE', "'guest' has a wrong value", {
    expected: 'an absolute path in the guest',
    got: `'${path}'`,
  });
}

function permissionBits(written: string, reader: StepReader): number {
  if (/^0?[0-7]{3,4}$/.test(written)) return Number.parseInt(written, 8);
  reader.wrong(['copy', 'in', 'mode'], 'TAPBOOT_E_SCENARIO_VALUE', "'mode' has a wrong value", {
    expected: MODE,
    got: `'${written}'`,
  });
  return 0o600;
}
