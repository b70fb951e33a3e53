#!/bin/sh
# shellcheck disable=SC2154 # attempt-directory.sh comes before.
# Shows the last attempt: on the first line its number and exit status (`running` when it has not
# ended), then its output.

cat "$dir/state" "$dir/out"; cat "$dir/err" >&2; rm -rf "$dir"
