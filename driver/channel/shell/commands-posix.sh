#!/bin/sh
# shellcheck disable=SC2154 # What start.sh and the other files set.
# Commands in any shell but bash.

# __tb_j ID COMMAND STDIN: the command, and the base64 of its standard input (or `-`), as quoted
# arguments; outputs always by __tb_f.
__tb_j() {
  __tb_i=/dev/null
  if [ "$3" != - ]; then __tb_i=$__tb_d/$1.i; printf %s "$3" | base64 -d >"$__tb_i"; fi
  ( trap : TERM
    setsid sh -c "$2" <"$__tb_i" >"$__tb_d/$1.o" 2>"$__tb_d/$1.e"
    __tb_s=$?
    if [ -f "$__tb_d/$1.e" ]; then printf '\001%s b %s %s\002' "$__tb_n" "$1" "$__tb_s"
    else printf '\001%s l %s\002' "$__tb_n" "$1"; fi
  ) &
  eval "__tb_p$1=\$!"
}

# There is no runner.
__tb_go() { :; }
