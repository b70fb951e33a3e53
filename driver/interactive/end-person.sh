#!/bin/sh
# Ends what runs below the shell $1 on the console, and in the foreground of its terminal: an
# editor or a pager takes what is typed for its own. By proc(5), behind the name in brackets: state,
# parent, group, session, terminal, the terminal's foreground group. All are ended at once: what
# the shell starts next is its own business.

o=$1
# shellcheck disable=SC2086 # Split.
read -r s </proc/"$o"/stat && set -- ${s##*) } || exit
k=; [ "$6" = "$3" ] || [ "$6" -le 1 ] || k=-$6
for f in /proc/[0-9]*/stat; do
  { read -r s <"$f"; } 2>/dev/null || continue
  p=${s%% *}
  # shellcheck disable=SC2086 # Split.
  set -- ${s##*) }
  [ "$2" != "$o" ] || k="$p $k"
done
# shellcheck disable=SC2086 # Split.
[ -z "$k" ] || kill -KILL -- $k
exit 0
