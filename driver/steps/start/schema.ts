import type { StepBase } from '../../language/step-base.js';
import type { UnitEnd } from '../wait/schema.js';
import { z } from 'zod';
import { commonKeys, timeoutKey } from '../../language/schema/common.js';
import { channelKey, endedKey, unitKey } from '../../language/schema/expectations.js';
import { choice, explained } from '../../language/schema/leaves.js';
import { notTwice } from '../../language/schema/rules.js';
import { defineKind } from '../kind.js';

/** (Re)starts a unit and waits for the end of this very run of it. */
export interface StartStep extends StepBase {
  kind: 'start';
  unit: string;
  action: 'start' | 'restart';
  ended: UnitEnd;
  /** Passed to the unit by `systemctl set-environment`, and unset after its end. */
  environment: Record<string, string>;
}

/** `start`: (re)start a unit and wait for the end of that run. */
export const kind = defineKind({
  schema: explained(
    notTwice(
      z.strictObject({
        start: explained(
          z.strictObject({
            unit: unitKey,
            action: explained(
              choice(['restart', 'start']),
              'The systemctl command. Default restart.',
              'restart',
            ).optional(),
            ended: endedKey.optional(),
            environment: explained(
              z.record(
                z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable'),
                z.string('a text (put numbers in quotes)'),
              ),
              'Environment variables for the unit; set in the manager before the start, unset afterwards.',
              { PRE_NIXOS_FORCE_CLEANUP: '1' },
            ).optional(),
            timeout: timeoutKey.optional(),
          }),
          'The unit, and how its run must end.',
          { unit: 'pre-nixos.service', ended: 'inactive', timeout: '240s' },
        ),
        channel: channelKey.optional(),
        ...commonKeys,
      }),
      'start',
      ['timeout'],
    ),
    'Starts or restarts a systemd unit and waits until exactly this run has ended.',
    { start: { unit: 'pre-nixos.service', ended: 'inactive', timeout: '240s' } },
  ),
  innerTimeout: (written) => written.start.timeout,
  summary: (written) => written.start.unit,
  build: ({ start: written }, base, reader): StartStep => ({
    ...base,
    kind: 'start',
    unit: written.unit,
    action:
      written.action === undefined
        ? 'restart'
        : reader.choice(['start', 'action'], written.action, ['restart', 'start']),
    ended:
      written.ended === undefined
        ? 'inactive'
        : reader.choice(['start', 'ended'], written.ended, ['inactive', 'failed', 'any']),
    environment: { ...written.environment },
  }),
});
