#!/bin/sh
# shellcheck disable=SC2154 # pause.sh comes before.
# until-port HEX TABLE... waits until something listens on a TCP port, IPv4 or IPv6, and prints its
# address. Reads the kernel's tables: the second field is the local address, its port in hexadecimal
# behind the last colon, the fourth the state, 0A for TCP_LISTEN (proc_net_tcp, Linux).

port=$1
shift
listening() {
  for table; do
    [ -r "$table" ] || continue
    while read -r _ address _ state _; do
      case $state:$address in 0A:*:"$port") printf '%s\n' "$address"; return 0 ;; esac
    done <"$table"
  done
  return 1
}
until listening "$@"; do pause 0.1; done
