#!/bin/sh
# shellcheck disable=SC2154 # pause.sh comes before.
# until-file PATH KNOWN SEEN TEXT... waits until a file exists and holds every text, and then prints its
# content as it was then. Where KNOWN is not empty, the content must also be another than SEEN.

file=$1 known=$2 seen=$3
shift 3
# bash reads it without a process; a read that meets the end of the file is not an error.
if [ -n "${BASH_VERSION-}" ]; then
  # shellcheck disable=SC3045 # bash.
  take() { content=; IFS= read -r -d '' content <"$file" || :; }
else
  take() { content=$(cat -- "$file"; printf .); content=${content%.}; }
fi
reached() {
  [ -e "$file" ] || return 1
  content=
  # A directory exists, but has nothing to be read.
  [ -d "$file" ] || take 2>/dev/null
  for text; do
    case $content in *"$text"*) ;; *) return 1 ;; esac
  done
  [ -z "$known" ] || [ "$content" != "$seen" ]
}
until reached "$@"; do pause 0.1; done
printf '%s' "$content"
