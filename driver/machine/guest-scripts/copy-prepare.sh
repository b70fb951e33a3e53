#!/bin/sh
# Makes the directory $2 of the file $1, and prints where that will lie: links are followed.

f=$1
mkdir -p "$2" || exit 1
[ ! -d "$f" ] || { echo "it is a directory" >&2; exit 1; }
[ ! -L "$f" ] || f=$(readlink -f "$f") || exit 1
printf %s "$f"
