#!/bin/sh
# shellcheck disable=SC2034,SC2154 # For and from unit-state.sh, which comes before.
# wait-for-unit PROPERTIES UNIT LINKS MOMENT [BEFORE] waits until a unit has come to a moment, or
# cannot (not found, masked, broken), and then prints its properties.

properties=$1 unit=$2 links=$3 moment=$4 before=$5
reached() {
  case $moment:$active in
  active:active) ;;
  # About to be started again, where it has a job.
  active:failed) no_job ;;
  # At some time since the boot.
  ended:inactive|ended:failed) [ "$inactive_at" != 0 ] || [ "$exit_at" != 0 ] ;;
  # A run other than the one before (its InvocationID, maybe empty).
  again:inactive|again:failed) [ -n "$invocation" ] && [ "$invocation" != "$before" ] ;;
  *) return 1 ;;
  esac
}
until_reached
