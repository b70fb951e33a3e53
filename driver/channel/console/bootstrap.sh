#!/bin/sh
# shellcheck disable=SC2154 # __tb_n is typed before: the word by which records are told.
# Typed into the quiet shell, a line each: a place for files, records, and check sums of files.

__tb_say() { printf '@tb%s:%s:.\n' "$__tb_n" "$1"; }
# shellcheck disable=SC2046 # Split: the sum, and the length.
__tb_c() { set -- "$1" $(cksum <"$__tb_d/$1"); __tb_say "$1:c:$2:$3"; }
for __tb_d in /run /dev/shm /tmp; do __tb_d=$__tb_d/tapboot-console-$$; [ -d "$__tb_d" ] && break; ( umask 077; mkdir "$__tb_d" ) 2>/dev/null && break; done
__tb_say "0:r:$(echo | base64):$__tb_d"
