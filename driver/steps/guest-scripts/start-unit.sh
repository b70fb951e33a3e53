#!/bin/sh
# shellcheck disable=SC2034,SC2154 # For and from unit-state.sh, which comes before.
# start-unit PROPERTIES UNIT LINKS start|restart HOLD (re)starts a unit and waits until that very run
# has ended. systemctl waits for the job and so tells whether the unit was started at all; only what
# the job leaves running is then waited for.
#
# systemd unloads a unit that has ended and that nothing refers to, and forgets whether it ran at all
# or was skipped by a condition (seen with systemd 252). Such a unit is held by the transient service
# HOLD that is ordered after it, and that somebody else stops.

properties=$1 unit=$2 links=$3
look
printf 'TapbootBefore=%s\n' "$invocation"
case $4:$active in start:active|start:activating|start:reloading)
  printf 'TapbootStart=running\n'; finish ;;
esac
if [ -z "$referrers" ]; then
  printf 'TapbootHold=%s\n' "$5"
  systemd-run --quiet --remain-after-exit --unit="$5" -p After="$unit" true >&2
fi
systemctl "$4" -- "$unit" >&2
printf 'TapbootStart=%s\n' $?
# Whether there was a new run is for somebody else to judge.
reached() {
  case $active in inactive|failed) no_job ;; *) return 1 ;; esac
}
until_reached
