import { PAUSE_FUNCTION, TICK } from './pause.js';
import { shellQuote } from '../../quote.js';

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

const SHOW = `systemctl show ${PROPERTIES.map((name) => `-p ${name}`).join(' ')}`;

const LOOK = `
command -v systemctl >/dev/null 2>&1 || exit ${String(NO_SYSTEMCTL)}
look() {
  shown=$(${SHOW} -- "$unit" 2>/dev/null)
  load= active= job= invocation= inactive_at=0 exit_at=0 referrers=
  while IFS='=' read -r key value; do
    case $key in
      LoadState) load=$value ;;
      ActiveState) active=$value ;;
      Job) job=$value ;;
      WantedBy|RequiredBy) referrers=$referrers$value ;;
      InvocationID) invocation=$value ;;
      InactiveEnterTimestampMonotonic) inactive_at=\${value:-0} ;;
      ExecMainExitTimestampMonotonic) exit_at=\${value:-0} ;;
    esac
  done <<LOOKED
$shown
LOOKED
}
finish() { printf '%s\\n' "$shown"; exit 0; }
`.trim();

/**
 * The loop around `reached`. systemctl costs tens of milliseconds in an emulated guest, so
 * between two looks only a link is watched, by the shell itself: it appears when the unit
 * leaves `inactive` and goes when it comes back. The link is no documented interface; it
 * only hastens the next look, which comes every second anyhow (or 0.3 s without the links).
 */
const LOOP = `
if [ -d "$links" ]; then patience=10; else patience=3; fi
while :; do
  if [ -L "$links/invocation:$unit" ]; then before_link=1; else before_link=0; fi
  look
  case $load in ''|loaded|merged) ;; *) finish ;; esac
  if reached; then finish; fi
  tick=0
  while [ "$tick" -lt "$patience" ]; do
    pause ${TICK}
    tick=$((tick + 1))
    if [ -L "$links/invocation:$unit" ]; then link=1; else link=0; fi
    [ "$link" = "$before_link" ] || break
  done
done
`.trim();

const ENDED_SINCE_BOOT = `
reached() {
  case $active in inactive|failed) ;; *) return 1 ;; esac
  [ "$inactive_at" != 0 ] || [ "$exit_at" != 0 ]
}`.trim();

const ENDED_AGAIN = `
reached() {
  case $active in inactive|failed) ;; *) return 1 ;; esac
  [ -n "$invocation" ] && [ "$invocation" != "$before" ]
}`.trim();

/** A failed unit with a job is about to be started again. */
const ACTIVE = `
reached() {
  case $active in active) return 0 ;; failed) ;; *) return 1 ;; esac
  [ -z "$job" ] || [ "$job" = 0 ]
}`.trim();

function variables(unit: string, links: string): string {
  return `unit=${shellQuote(unit)}\nlinks=${shellQuote(links)}`;
}

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
  const again = moment.until === 'ended' && 'before' in moment ? moment.before : undefined;
  const reached =
    moment.until === 'active' ? ACTIVE : again === undefined ? ENDED_SINCE_BOOT : ENDED_AGAIN;
  return [
    variables(unit, links),
    `before=${shellQuote(again ?? '')}`,
    PAUSE_FUNCTION,
    LOOK,
    reached,
    LOOP,
  ].join('\n');
}

/**
 * A script that (re)starts the unit and waits until that very run has ended. systemctl
 * waits for the job and so tells whether the unit was started at all; only what the job
 * leaves running is then waited for. Prints the properties and, before them,
 * `TapbootBefore` (the InvocationID of the run before), `TapbootStart` (systemctl's exit
 * status, or `running` when there was nothing to start) and maybe `TapbootHold`.
 *
 * systemd unloads a unit that has ended and that nothing refers to, and forgets whether it
 * ran at all or was skipped by a condition (seen with systemd 252). Such a unit is held by a
 * transient one that is ordered after it; the caller stops that (`TapbootHold`) when done.
 *
 * @param hold name of the transient service, without `.service`
 */
export function startUnitScript(
  unit: string,
  action: 'start' | 'restart',
  hold: string,
  links: string = INVOCATION_LINKS,
): string {
  const start = `
look
case $load in ''|loaded|merged) ;; *) finish ;; esac
before=$invocation
printf 'TapbootBefore=%s\\n' "$before"
case ${action}:$active in start:active|start:activating|start:reloading)
  printf 'TapbootStart=running\\n'; finish ;;
esac
if [ -z "$referrers" ]; then
  printf 'TapbootHold=%s\\n' ${shellQuote(hold)}
  systemd-run --quiet --remain-after-exit --unit=${shellQuote(hold)} -p After="$unit" true >&2
fi
systemctl ${action} -- "$unit" >&2
started=$?
printf 'TapbootStart=%s\\n' "$started"`.trim();
  return [variables(unit, links), PAUSE_FUNCTION, LOOK, start, AT_REST, LOOP].join('\n');
}

/** After the start job: whether there was a new run is for the caller to judge. */
const AT_REST = `
reached() {
  case $active in inactive|failed) ;; *) return 1 ;; esac
  [ -z "$job" ] || [ "$job" = 0 ]
}`.trim();

/** A command that prints the InvocationID of a unit's last run, or nothing. */
export function lastRunCommand(unit: string): string {
  return `systemctl show -p InvocationID --value -- ${shellQuote(unit)}`;
}

/** A command that prints the properties of a unit as they are now. */
export function showUnitCommand(unit: string): string {
  return `${SHOW} -- ${shellQuote(unit)}`;
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
