import { z } from 'zod';
import type { Pattern, TextPattern } from '../../language/expectation.js';
import type { StepBase } from '../../language/step-base.js';
import type { CommandStepBody } from '../command-schema.js';
import { commonKeys, timeoutKey } from '../../language/schema/common.js';
import {
  channelKey,
  commandKey,
  endedKey,
  expectKey,
  outputLimitKey,
  stdinKey,
  unitKey,
} from '../../language/schema/expectations.js';
import {
  choice,
  explained,
  guestPath,
  integer,
  line,
  oneOrMany,
  regex,
  text,
} from '../../language/schema/leaves.js';
import { byKey, exactlyOne, notTwice } from '../../language/schema/rules.js';
import { readCommand } from '../command-schema.js';
import { itemPath, listed } from '../expectation-schema.js';
import { defineKind, type Surroundings } from '../kind.js';
import type { StepReader } from '../../language/reader.js';

export type WaitCondition =
  | {
      what: 'unit-ended';
      unit: string;
      ended: UnitEnd;
      /**
       * It has run and exited since the boot; or, for `step`, since the last `start` step of
       * this unit, and without one since the step before this one began.
       */
      since: 'boot' | 'step';
    }
  | { what: 'unit-active'; unit: string }
  | { what: 'file'; path: string; contains: string[]; matches: Pattern[] }
  /** Something in the guest listens on this TCP port. */
  | { what: 'port'; port: number }
  /** The interface has a global IPv4 address. */
  | { what: 'ipv4'; interface: string }
  | {
      what: 'console';
      look: TextPattern;
      /** `boot`: in all that the console has shown since the boot; `now`: from here on. */
      from: 'boot' | 'now';
    }
  /** The command is repeated until its result is as expected. */
  | ({ what: 'command' } & CommandStepBody);

/** How a unit has to end. `failed` ends a wait for `inactive` at once, as a failure. */
export type UnitEnd = 'inactive' | 'failed' | 'any';

export interface WaitStep extends StepBase {
  kind: 'wait';
  for: WaitCondition;
}

const timeout = timeoutKey.optional();

const forms = {
  unit: exactlyOne(
    z.strictObject({
      unit: unitKey,
      ended: endedKey.optional(),
      state: explained(choice(['active']), 'The unit is active now.', 'active').optional(),
      since: explained(
        choice(['boot', 'step']),
        'Which runs count: boot, all since the boot; step, those since the last start step of this unit, else since the step before this one began. Default: step if an earlier start step started the unit, else boot.',
        'boot',
      ).optional(),
      timeout,
    }),
    'a wait for a unit',
    ['ended', 'state'],
  ),
  file: z.strictObject({
    file: explained(
      guestPath,
      'File that must exist in the guest.',
      '/run/pre-nixos/storage-status',
    ),
    contains: explained(
      oneOrMany(text('a text, or a list of texts')),
      'Text that the file must contain; with a list, all of them.',
      'STATE=applied',
    ).optional(),
    matches: explained(
      oneOrMany(regex),
      'Regular expression that the file’s content must match.',
      '^STATE=(applied|failed)$',
    ).optional(),
    timeout,
  }),
  port: z.strictObject({
    port: explained(
      integer(1, 65535, 'a TCP port'),
      'TCP port on which something in the guest listens.',
      22,
    ),
    timeout,
  }),
  ipv4: z.strictObject({
    ipv4: explained(
      line('the name of a network interface'),
      'Network interface of the guest that must have an IPv4 address that is not link-local.',
      'lan',
    ),
    timeout,
  }),
  console: z.strictObject({
    console: explained(
      text('a text or a /regular expression/'),
      'Text, or a /regular expression/flags, that the serial console shows.',
      '/LAN IPv4 address: (\\d{1,3}\\.){3}\\d{1,3}/',
      'reached target',
    ),
    from: explained(
      choice(['boot', 'now']),
      'Whether output from before this step counts (boot, the default) or not (now).',
      'boot',
    ).optional(),
    timeout,
  }),
  command: z.strictObject({
    command: commandKey,
    stdin: stdinKey.optional(),
    expect: expectKey.optional(),
    output_limit: outputLimitKey.optional(),
    timeout,
  }),
};

const condition = byKey('a wait', forms);
type WrittenWait = z.infer<typeof condition>;

/** `wait`: for a condition in the guest. */
export const kind = defineKind({
  schema: explained(
    notTwice(
      z.strictObject({
        wait: explained(
          condition,
          'What to wait for: exactly one of unit, file, port, ipv4, console and command.',
          { unit: 'pre-nixos.service', ended: 'inactive', timeout: '420s' },
          { ipv4: 'lan' },
        ),
        channel: channelKey.optional(),
        ...commonKeys,
      }),
      'wait',
      ['timeout'],
    ),
    'Waits for a condition in the guest, and fails after the timeout.',
    { wait: { ipv4: 'lan', timeout: '240s' } },
  ),
  innerTimeout: (written) => written.wait.timeout,
  summary: ({ wait: written }) => {
    if ('unit' in written)
      return `${written.unit} ${written.ended === undefined ? 'active' : 'ended'}`;
    if ('file' in written) return `file ${written.file}`;
    if ('port' in written) return `port ${String(written.port)}`;
    if ('ipv4' in written) return `IPv4 address on ${written.ipv4}`;
    if ('console' in written) return `console shows ${written.console}`;
    return written.command;
  },
  build: (written, base, reader, surroundings): WaitStep => ({
    ...base,
    kind: 'wait',
    for: readCondition(written.wait, reader, surroundings),
  }),
});

function readCondition(
  written: WrittenWait,
  reader: StepReader,
  { startedUnits }: Surroundings,
): WaitCondition {
  const choose = <const T extends string>(
    key: string,
    value: string | undefined,
    words: readonly [T, ...T[]],
    standard: T,
  ): T => (value === undefined ? standard : reader.choice(['wait', key], value, words));
  if ('unit' in written) {
    if (written.state !== undefined) {
      reader.choice(['wait', 'state'], written.state, ['active']);
      return { what: 'unit-active', unit: written.unit };
    }
    const since = startedUnits.has(written.unit) ? 'step' : 'boot';
    return {
      what: 'unit-ended',
      unit: written.unit,
      ended: choose('ended', written.ended, ['inactive', 'failed', 'any'], 'inactive'),
      since: choose('since', written.since, ['boot', 'step'], since),
    };
  }
  if ('file' in written) {
    const matches = listed(written.matches).map((source, index) =>
      reader.pattern(itemPath(['wait', 'matches'], written.matches, index), source),
    );
    return { what: 'file', path: written.file, contains: listed(written.contains), matches };
  }
  if ('port' in written) {
    return { what: 'port', port: reader.integer(['wait', 'port'], written.port, 1, 65535) };
  }
  if ('ipv4' in written) return { what: 'ipv4', interface: written.ipv4 };
  if ('console' in written) {
    const look = reader.look(['wait', 'console'], written.console);
    return { what: 'console', look, from: choose('from', written.from, ['boot', 'now'], 'boot') };
  }
  return { what: 'command', ...readCommand(written, ['wait'], reader) };
}
