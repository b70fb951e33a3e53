import type { StepBase } from '../../language/step-base.js';
import type { CommandStepBody } from '../command-schema.js';
import { z } from 'zod';
import { commonKeys } from '../../language/schema/common.js';
import { channelKey, expectKey } from '../../language/schema/expectations.js';
import { explained } from '../../language/schema/leaves.js';
import { notTwice } from '../../language/schema/rules.js';
import { commandOf, commandOrMapping, readCommand } from '../command-schema.js';
import { defineKind } from '../kind.js';

export interface RunStep extends StepBase, CommandStepBody {
  kind: 'run';
}

/** `run`: a command in the guest. */
export const kind = defineKind({
  schema: explained(
    notTwice(
      z.strictObject({
        run: explained(
          commandOrMapping,
          'The command, or a mapping with command, stdin, expect and output_limit.',
          'systemctl set-environment PRE_NIXOS_FORCE_CLEANUP=1',
          { command: 'wc -c', stdin: 'abc', expect: { stdout: { equals: '3' } } },
        ),
        expect: expectKey.optional(),
        channel: channelKey.optional(),
        ...commonKeys,
      }),
      'run',
      ['expect'],
    ),
    'Runs a command in the guest as root and judges its exit status and output.',
    { run: 'vgs --noheadings -o vg_name', expect: { stdout: { contains: 'main' } } },
  ),
  summary: (written) => commandOf(written.run),
  build: (written, base, reader): RunStep => ({
    ...base,
    kind: 'run',
    ...readCommand(written.run, ['run'], reader, written.expect),
  }),
});
