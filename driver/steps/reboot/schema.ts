import { z } from 'zod';
import type { TextPattern } from '../../language/expectation.js';
import type { StepBase } from '../../language/step-base.js';
import { suggestion } from '../../language/problem.js';
import { commonKeys, timeoutKey } from '../../language/schema/common.js';
import { diskName, explained, oneOrMany, text } from '../../language/schema/leaves.js';
import { notEmpty, notTwice } from '../../language/schema/rules.js';
import { itemPath, listed } from '../expectation-schema.js';
import { defineKind } from '../kind.js';

export interface RebootStep extends StepBase {
  kind: 'reboot';
  /** Boot from this disk instead of from the image. */
  from?: string;
  /** Must appear on the console of the new boot, in any order. */
  expect: TextPattern[];
}

const WAYS = 'true, or a mapping with from, expect and timeout';

/** `reboot`: boot again, from the image or from a disk. */
export const kind = defineKind({
  schema: explained(
    notTwice(
      z.strictObject({
        reboot: explained(
          z.union([
            z.literal(true, WAYS),
            notEmpty(
              z.strictObject({
                from: explained(
                  diskName,
                  'Boot from this disk of the machine instead of from the image.',
                  'vda',
                ).optional(),
                expect: explained(
                  z.strictObject({
                    console: explained(
                      oneOrMany(text('a text or a /regular expression/')),
                      'Text or /regular expression/ that the new boot must show; with a list, all of them.',
                      'login:',
                    ),
                  }),
                  'What the new boot must show on the console.',
                  { console: 'login:' },
                ).optional(),
                timeout: timeoutKey.optional(),
              }),
            ),
          ]),
          'true: boot the same way again; or a mapping.',
          true,
          { from: 'vda', timeout: '300s' },
        ),
        ...commonKeys,
      }),
      'reboot',
      ['timeout'],
    ),
    'Reboots the guest and waits until it can be used again; also from an installed disk.',
    { reboot: { from: 'vda', expect: { console: 'login:' }, timeout: '300s' } },
  ),
  innerTimeout: ({ reboot: written }) => (written === true ? undefined : written.timeout),
  summary: ({ reboot: written }) =>
    written === true || written.from === undefined ? 'again' : `from ${written.from}`,
  build: ({ reboot: written }, base, reader, { machine }): RebootStep => {
    if (written === true) return { ...base, kind: 'reboot', expect: [] };
    const known = machine.disks.map((disk) => disk.name);
    if (written.from !== undefined && !known.includes(written.from)) {
      const { from } = written;
      reader.wrong(
        ['reboot', 'from'],
        'TAPBOOT_E_DISK_UNKNOWN',
        `the machine has no disk ${from}`,
        { expected: 'a disk of the machine', got: from, hint: suggestion(from, known) },
      );
    }
    const looks = written.expect?.console;
    return {
      ...base,
      kind: 'reboot',
      from: written.from,
      expect: listed(looks).map((look, index) =>
        reader.look(itemPath(['reboot', 'expect', 'console'], looks, index), look),
      ),
    };
  },
});
