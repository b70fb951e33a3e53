import { z } from 'zod';
import { commonKeys } from '../../language/schema/common.js';
import { expectKey } from '../../language/schema/expectations.js';
import { explained } from '../../language/schema/leaves.js';
import { notTwice } from '../../language/schema/rules.js';
import { commandOf, commandOrMapping, readCommand } from '../command-schema.js';
import { defineKind } from '../kind.js';

/** `ssh`: a command over a real SSH connection. */
export const ssh = defineKind({
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
    'Runs a command over a real SSH connection: key accepted, host key as pinned.',
    { ssh: 'id -un', expect: { stdout: { equals: 'root' } } },
  ),
  summary: (written) => commandOf(written.ssh),
  build: (written, base, reader) => ({
    ...base,
    kind: 'ssh',
    channel: 'ssh',
    ...readCommand(written.ssh, ['ssh'], reader, written.expect),
  }),
});
