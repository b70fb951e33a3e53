import { CHANNELS } from '../channels.generated.js';
import { z } from 'zod';
import {
  choice,
  explained,
  integer,
  line,
  oneOrMany,
  ONLY_TEMPLATE,
  regex,
  text,
} from './leaves.js';
import { notEmpty } from './rules.js';

const EXIT = 'an exit status from 0 to 255, a list of them, nonzero or any';

const status = z.int(EXIT).min(0, EXIT).max(255, EXIT);

/** Which exit statuses are right. */
export const exit = z.union(
  [
    status,
    z.array(status, EXIT).min(1, EXIT),
    z.enum(['nonzero', 'any'], EXIT),
    z.string().regex(ONLY_TEMPLATE, EXIT),
  ],
  EXIT,
);

const words = oneOrMany(text('a text, or a list of texts'));
const patterns = oneOrMany(regex);

const streamKeys = {
  contains: explained(words, 'Text that must appear; with a list, all of them.', 'STATE=applied', [
    'STATE=applied',
    'DETAIL=auto-applied',
  ]).optional(),
  not_contains: explained(
    words,
    'Text that must not appear; with a list, none of them.',
    'vg_residue',
  ).optional(),
  equals: explained(
    z.string('a text'),
    'The complete stream; one newline at the end of either is ignored.',
    'root',
  ).optional(),
};

/** What must hold of one output stream. */
export const streamExpectation = notEmpty(
  z.strictObject({
    ...streamKeys,
    not: explained(words, 'The same as not_contains.', 'residue-marker').optional(),
    matches: explained(
      patterns,
      'Regular expression that must match; bare (then ^ and $ are line ends) or as /source/flags.',
      '^STATE=applied$',
      '/error|failed/i',
    ).optional(),
    not_matches: explained(
      patterns,
      'Regular expression that must not match.',
      '/traceback/i',
    ).optional(),
    json: explained(
      z.unknown(),
      'The stream is JSON that contains at least this: mappings may have more keys, lists must have equal length. If every key starts with $, each is a path into the document.',
      { state: 'running' },
      { '$.blockdevices[0].name': 'vda' },
    ).optional(),
  }),
);

/** What a plan's commands may ask of a stream: only what a shell can check to the letter. */
export const plainStreamExpectation = notEmpty(z.strictObject(streamKeys));

const expectationOf = (stream: typeof streamExpectation) =>
  notEmpty(
    z.strictObject({
      exit: explained(
        exit,
        'Exit status: a number, a list of numbers, nonzero or any. Default 0.',
        0,
        [0, 2],
        'nonzero',
        'any',
      ).optional(),
      stdout: explained(stream, 'What standard output must contain.', {
        contains: 'residue-marker',
      }).optional(),
      stderr: explained(stream, 'What standard error must contain.', {
        not_contains: 'WARNING',
      }).optional(),
    }),
  );

/** `expect` of a command. */
export const outputExpectation = expectationOf(streamExpectation);

/** `expect` of a command in a plan. */
export const plainExpectation = expectationOf(
  plainStreamExpectation as unknown as typeof streamExpectation,
);

export type WrittenStream = z.infer<typeof streamExpectation>;
export type WrittenExpectation = z.infer<typeof outputExpectation>;

export const expectKey = explained(
  outputExpectation,
  'Expectations about the result. Default: exit status 0.',
  { exit: 0, stdout: { contains: 'main' } },
);

export const stdinKey = explained(
  z.string('a text'),
  'Text for standard input. Default: empty.',
  'y\n',
);

export const commandKey = explained(
  text('a command'),
  'Command to run in the guest as root, by bash or else a POSIX shell; several lines are one script.',
  'vgs --noheadings -o vg_name',
);

export const channelKey = explained(
  choice(CHANNELS),
  'Channel to use. Default: the best one that is ready.',
  'shell',
);

export const unitKey = explained(
  line('the name of a systemd unit'),
  'Name of the systemd unit.',
  'pre-nixos.service',
);

export const endedKey = explained(
  choice(['inactive', 'failed', 'any']),
  'How the unit must end: inactive (success; failed ends the wait at once, as a failure), failed, or any.',
  'inactive',
);

export const outputLimitKey = explained(
  integer(1, 64 * 1024 * 1024, 'a number of bytes'),
  'Bytes kept of each stream; the bytes beyond are counted and reported. Default 1 MiB.',
  65536,
);
