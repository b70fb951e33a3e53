#!/bin/sh
# shellcheck disable=SC2154 # choose-digest.sh and choose-base64.sh come before.
# Prints the file $1 as base64, read once, so that one that changes is caught at one moment. The
# first line holds the bytes of the file afterwards, the length of the text, its digest, and the
# tool that made it; the latter two may be missing.

c=$($b <"$1") || exit 1
d=; [ -z "$t" ] || d=$(printf %s "$c" | $t)
printf '%s %s %s %s\n%s' $(($(wc -c <"$1"))) "${#c}" "${d%% *}" "$t" "$c"
