import { PAUSE_FUNCTION, TICK } from './pause.js';
import { shellQuote } from '../../shell-quote.js';

/** Exit status when the guest has no `ip` (sysexits.h, EX_UNAVAILABLE). */
export const NO_IP_TOOL = 69;

/**
 * A script that waits until something listens on a TCP port, IPv4 or IPv6. It reads the
 * kernel's tables itself: the second field is the local address, its port in hexadecimal
 * behind the last colon, the fourth the state, 0A for TCP_LISTEN (proc_net_tcp, Linux).
 *
 * @param tables where those lie
 */
export function waitForPortScript(
  port: number,
  tables: readonly string[] = ['/proc/net/tcp', '/proc/net/tcp6'],
): string {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return `
${PAUSE_FUNCTION}
listening() {
  for table in ${tables.map((table) => shellQuote(table)).join(' ')}; do
    [ -r "$table" ] || continue
    while read -r _ address _ state _; do
      case $state:$address in 0A:*:${hex}) printf '%s\\n' "$address"; return 0 ;; esac
    done <"$table"
  done
  return 1
}
until listening; do pause ${TICK}; done`.trim();
}

/**
 * A script that waits until an interface has an IPv4 address of global scope, and prints
 * what `ip` says of it. Asking costs a process, so it is done when the kernel's own list of
 * addresses has changed, and every two seconds besides (an interface may be renamed).
 */
export function waitForIpv4Script(name: string): string {
  return `
command -v ip >/dev/null 2>&1 || exit ${String(NO_IP_TOOL)}
${PAUSE_FUNCTION}
addressed() {
  shown=$(ip -4 -o addr show dev ${shellQuote(name)} scope global 2>/dev/null)
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
  if addressed; then printf '%s\\n' "$shown"; exit 0; fi
  tick=0
  while [ "$tick" -lt 20 ]; do
    pause ${TICK}
    tick=$((tick + 1))
    take
    [ "$local_table" = "$last" ] || break
  done
done`.trim();
}
