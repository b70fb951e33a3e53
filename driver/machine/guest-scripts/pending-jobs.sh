#!/bin/sh
# Prints systemd's pending jobs, one a line: unit, job, state of the job, state of the unit.

systemctl list-jobs --no-legend --no-pager --full | while read -r _ unit job state _; do
  echo "$unit ($job $state, $(systemctl show -p ActiveState -p SubState --value "$unit" | tr '\n' '/' | sed 's,/*$,,'))"
done
