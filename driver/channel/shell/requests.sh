#!/bin/sh
# shellcheck disable=SC2154 # What start.sh and the other files set.
# Requests of the driver that are the same in every shell.
#
# Outputs are files and not pipes: a child that a command leaves behind may hold them open for
# ever without holding up the answer, and it never meets a closed pipe. They lie on a tmpfs of
# their own, so that a command that prints without end fills neither /run nor RAM.

# __tb_f ID STREAM LIMIT sends size and first LIMIT bytes of an output file, of that size even
# where a child that was left behind goes on writing.
__tb_f() {
  set -- "$1" "$2" "$3" $(($(wc -c <"$__tb_d/$1.$2")))
  printf '\001%s s %s %s %s\002' "$__tb_n" "$1" "$2" "$4"
  [ "$3" -lt "$4" ] || set -- "$1" "$2" "$4"
  head -c "$3" "$__tb_d/$1.$2" | $__tb_b
  printf '\001%s t %s %s\002' "$__tb_n" "$1" "$2"
}

# __tb_u ID... forgets commands.
__tb_u() {
  for __tb_i in "$@"; do
    unset "__tb_p$__tb_i"
    set -- "$@" "$__tb_d/$__tb_i.o" "$__tb_d/$__tb_i.e" "$__tb_d/$__tb_i.i"; shift
  done
  # shellcheck disable=SC2217 # Not to hold the port open.
  ( rm -f "$@" </dev/null >/dev/null 2>&1 & )
}

# __tb_h N answers a heartbeat.
__tb_h() { printf '\001%s h %s\002' "$__tb_n" "$1"; }

# __tb_q proves continuity.
__tb_q() { __tb_c=$((__tb_c + 1)); printf '\001%s q %s %s %s\002' "$__tb_n" "$__tb_c" "$__tb_x" "$__tb_rs"; }

# __tb_z ID SIGNAL ends a command.
__tb_z() { eval "__tb_i=\${__tb_p$1-$__tb_rp}"; [ -z "$__tb_i" ] || __tb_k "$__tb_i" "$2"; }
