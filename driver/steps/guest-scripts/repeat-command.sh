#!/bin/sh
# shellcheck disable=SC2154 # attempt-directory.sh and pause.sh come before.
# repeat-command ID COMMAND PATTERN... repeats a command until its exit status is as a pattern says.
# Every attempt runs in a subshell of its own, so that `exit`, `cd` and `set` stay there.

mkdir -m 700 "$dir" || exit 1
command=$2
attempt=0
shift 2
while :; do
  attempt=$((attempt + 1))
  printf '%s running\n' "$attempt" >"$dir/state"
  (set --; eval "$command") >"$dir/out" 2>"$dir/err" </dev/null 9<&-
  status=$?
  printf '%s %s\n' "$attempt" "$status" >"$dir/state"
  for pattern; do
    # shellcheck disable=SC2254 # A pattern.
    case $status in $pattern) break 2 ;; esac
  done
  pause 0.2
done
