#!/bin/sh
# shellcheck disable=SC2154 # choose-digest.sh comes before.
# copy-commit PART FILE BYTES MODE SHA256 MD5 looks whether a file has arrived whole, and gives it
# its mode and its name; status 9 when it is damaged. What lies there and is no file (a device) is
# written to instead, as is what cannot be replaced (a mount point). Prints the tool that made the
# digest.

p=$1 f=$2 n=$(($(wc -c <"$1")))
[ "$n" -eq "$3" ] || { echo "$n bytes" >&2; exit 9; }
case $t in '') w='' d='' ;; md5*) w=$6 d=$($t <"$p") ;; *) w=$5 d=$($t <"$p") ;; esac
[ "${d%% *}" = "$w" ] || { echo "$t: ${d%% *}" >&2; exit 9; }
if [ -e "$f" ] && [ ! -f "$f" ]; then cat "$p" >"$f" || exit 1; else
  chmod "$4" "$p" || exit 1
  mv -f "$p" "$f" 2>/dev/null || { cat "$p" >"$f" && chmod "$4" "$f"; } || exit 1
fi
rm -f "$p"
printf %s "$t"
