#!/usr/bin/env bash
# /usr/sbin/pre-nixos of a sabotaged agent: the real one, with some functions replaced.
# The originals stay callable under the prefix `real_`.

. /usr/lib/pre-nixos/agent
while read -r _ _ name; do
	eval "real_$(declare -f "$name")"
done < <(declare -F)
. /usr/lib/pre-nixos/sabotage.sh
main "$@"
