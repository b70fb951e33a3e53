#!/bin/sh
# shellcheck disable=SC2154 # pause.sh comes before.
# until-ipv4 INTERFACE waits until an interface has an IPv4 address of global scope, and prints what `ip`
# says of it. Asking costs a process, so it is done when the kernel's own list of addresses has
# changed, and every two seconds besides (an interface may be renamed).

command -v ip >/dev/null 2>&1 || exit 69
addressed() {
  shown=$(ip -4 -o addr show dev "$1" scope global 2>/dev/null)
  case $shown in *' inet '*) ;; *) return 1 ;; esac
}
take() {
  local_table=
  [ -r /proc/net/fib_trie ] || return 0
  while read -r line; do local_table="$local_table$line;"; done </proc/net/fib_trie
}
while :; do
  take
  last=$local_table
  if addressed "$1"; then printf '%s\n' "$shown"; exit 0; fi
  tick=0
  while [ "$tick" -lt 20 ]; do
    pause 0.1
    tick=$((tick + 1))
    take
    [ "$local_table" = "$last" ] || break
  done
done
