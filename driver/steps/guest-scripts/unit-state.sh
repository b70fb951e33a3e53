#!/bin/sh
# shellcheck disable=SC2034,SC2154 # pause.sh comes before, what uses and sets the rest behind.
# What waiting for $unit is made of.

command -v systemctl >/dev/null 2>&1 || exit 69

finish() { printf '%s\n' "$shown"; exit 0; }

# Asks systemd for $properties, which are options of `systemctl show`; ends when there is no such
# unit.
look() {
  # shellcheck disable=SC2086 # Split.
  shown=$(systemctl show $properties -- "$unit" 2>/dev/null)
  load='' active='' job='' invocation='' inactive_at=0 exit_at=0 referrers=''
  while IFS='=' read -r key value; do
    case $key in
    LoadState) load=$value ;;
    ActiveState) active=$value ;;
    Job) job=$value ;;
    WantedBy|RequiredBy) referrers=$referrers$value ;;
    InvocationID) invocation=$value ;;
    InactiveEnterTimestampMonotonic) inactive_at=${value:-0} ;;
    ExecMainExitTimestampMonotonic) exit_at=${value:-0} ;;
    esac
  done <<LOOKED
$shown
LOOKED
  case $load in ''|loaded|merged) ;; *) finish ;; esac
}

no_job() { [ -z "$job" ] || [ "$job" = 0 ]; }

linked() { link=0; [ ! -L "$links/invocation:$unit" ] || link=1; }

# Waits until `reached`. systemctl costs tens of milliseconds in an emulated guest, so between two
# looks only a link is watched, by the shell itself: it appears when the unit leaves `inactive` and
# goes when it comes back. The link is no documented interface; it only hastens the next look, which
# comes every second anyhow (or 0.3 s without the links).
until_reached() {
  if [ -d "$links" ]; then patience=10; else patience=3; fi
  while :; do
    linked
    before_link=$link
    look
    if reached; then finish; fi
    tick=0
    while [ "$tick" -lt "$patience" ]; do
      pause 0.1
      tick=$((tick + 1))
      linked
      [ "$link" = "$before_link" ] || break
    done
  done
}
