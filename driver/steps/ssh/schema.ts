import type { StepBase } from '../../language/step-base.js';
import type { CommandStepBody } from '../command-schema.js';
import { z } from 'zod';
import { commonKeys } from '../../language/schema/common.js';
import { expectKey } from '../../language/schema/expectations.js';
import { explained } from '../../language/schema/leaves.js';
import { notTwice } from '../../language/schema/rules.js';
import { commandOf, commandOrMapping, readCommand } from '../command-schema.js';
import { defineKind } from '../kind.js';

/** A command over a real SSH connection, with the host key checked. */
export interface SshStep extends StepBase, CommandStepBody {
  kind: 'ssh';
}

/** `ssh`: a command over a real SSH connection. */
export const kind = defineKind({
  schema: explained(
    notTwice(
      z.strictObject({
        ssh: explained(
          commandOrMapping,
          'The command, or a mapping with command, stdin, expect and output_limit.',
          'id -un',
        ),
        expect: expectKey.optional(),
        ...commonKeys,
      }),
      'ssh',
      ['expect'],
    ),
    'Runs a command over a real SSH connection, with the run’s key and the pinned host key.',
    { ssh: 'id -un', expect: { stdout: { equals: 'root' } } },
  ),
  summary: (written) => commandOf(written.ssh),
  build: (written, base, reader): SshStep => ({
    ...base,
    kind: 'ssh',
    channel: 'ssh',
    ...readCommand(written.ssh, ['ssh'], reader, written.expect),
  }),
});
