#!/bin/sh
# pause SECONDS, for loops in the guest. bash waits in its own `read` on a pipe that never delivers:
# a process per tick costs 27 ms of an emulated CPU. Where that is not to be had, `sleep`; where
# `sleep` takes no fractions, one second. `eval`, since other shells cannot read it.

if [ -n "${BASH_VERSION-}" ] && (eval 'exec 9<> <(:)') 2>/dev/null; then
  eval 'exec 9<> <(:)'
  # shellcheck disable=SC3045 # bash.
  pause() { read -r -t "$1" -u 9 _ || :; }
else
  pause() { sleep "$1" 2>/dev/null || sleep 1; }
fi
