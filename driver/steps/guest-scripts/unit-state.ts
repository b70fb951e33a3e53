import { shellQuote, withArguments } from '../../quote.js';
import { pause, startUnit, unitState, waitForUnit } from './scripts.generated.js';

/** What the scripts ask systemd for (org.freedesktop.systemd1, systemctl show). */
const PROPERTIES = [
  'Id',
  'LoadState',
  'ActiveState',
  'SubState',
  'Result',
  'Job',
  'InvocationID',
  'ConditionResult',
  'ConditionTimestampMonotonic',
  'ExecMainCode',
  'ExecMainStatus',
  'ExecMainExitTimestampMonotonic',
  'InactiveEnterTimestampMonotonic',
  'RemainAfterExit',
  'WantedBy',
  'RequiredBy',
] as const;

export type UnitProperty =
  (typeof PROPERTIES)[number] | 'TapbootStart' | 'TapbootBefore' | 'TapbootHold';

/** Exit status of the scripts when the guest has no systemctl (sysexits.h, EX_UNAVAILABLE). */
export const NO_SYSTEMCTL = 69;

/** Where systemd keeps a link `invocation:UNIT` for as long as a unit is not inactive. */
export const INVOCATION_LINKS = '/run/systemd/units';

/** Which moment a waiting script ends at. */
export type UnitMoment =
  /** Ended at some time since the boot. */
  | { until: 'ended' }
  /** A run other than `before` (an InvocationID, maybe empty) has ended. */
  | { until: 'ended'; before: string }
  /** Active now, or failed. */
  | { until: 'active' };

const SHOWN = PROPERTIES.map((name) => `-p ${name}`).join(' ');

/**
 * A script that waits in the guest until the unit has come to a moment, or cannot (not
 * found, masked, broken), and then prints its properties as `Key=value` lines. It has no
 * timeout of its own: the channel ends it.
 */
export function waitForUnitScript(
  unit: string,
  moment: UnitMoment,
  links: string = INVOCATION_LINKS,
): string {
  const before = moment.until === 'ended' && 'before' in moment ? moment.before : undefined;
  return withArguments(
    [pause, unitState, waitForUnit].join('\n'),
    ...[SHOWN, unit, links],
    ...(before === undefined ? [moment.until] : ['again', before]),
  );
}

/**
 * A script that (re)starts the unit and waits until that very run has ended. Prints the
 * properties and, before them, `TapbootBefore` (the InvocationID of the run before),
 * `TapbootStart` (systemctl's exit status, or `running` when there was nothing to start)
 * and maybe `TapbootHold`: a transient unit that the caller stops when done.
 *
 * @param hold name of the transient service, without `.service`
 */
export const startUnitScript = (
  unit: string,
  action: 'start' | 'restart',
  hold: string,
  links: string = INVOCATION_LINKS,
): string =>
  withArguments([pause, unitState, startUnit].join('\n'), ...[SHOWN, unit, links, action, hold]);

/** A command that prints the InvocationID of a unit's last run, or nothing. */
export function lastRunCommand(unit: string): string {
  return `systemctl show -p InvocationID --value -- ${shellQuote(unit)}`;
}

/** A command that prints the properties of a unit as they are now. */
export function showUnitCommand(unit: string): string {
  return `systemctl show ${SHOWN} -- ${shellQuote(unit)}`;
}

/** Commands that tell a person how a unit stands: its status and the end of its journal. */
export function describeUnitCommand(unit: string): string {
  const name = shellQuote(unit);
  return [
    `systemctl status --no-pager --full --lines=0 -- ${name}`,
    `echo`,
    `journalctl --no-pager -q -o short-monotonic -n 30 -u ${name}`,
    // What the kernel and systemd said is often the reason, and exit statuses do not matter.
    `true`,
  ].join('; ');
}

/**
 * A command that lists the names of units, one a line: the files (asking systemd for them
 * takes many seconds in an emulated guest), then what is loaded without one.
 */
export const LIST_UNITS_COMMAND = [
  'cd /; for d in etc run usr/lib lib; do ls -1 "$d/systemd/system" 2>/dev/null; done',
  'systemctl list-units --all --plain --no-legend --no-pager | while read -r name rest; do printf \'%s\\n\' "$name"; done',
].join('; ');
