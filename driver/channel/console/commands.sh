#!/bin/sh
# shellcheck disable=SC2034,SC2154 # What bootstrap.sh and the driver's lines set and use.
# Put into a file in the guest, and read from there, behind kill-tree.sh.

# __tb_e ID STREAM LIMIT SIZE sends the first bytes of an output, as numbered lines of base64.
__tb_e() {
  [ "$3" -lt "$4" ] || set -- "$1" "$2" "$4"
  [ "$3" = 0 ] ||
    head -c "$3" "$__tb_d/$1.$2" | base64 | grep -n . | sed "s/.*/@tb$__tb_n:$1:$2:&:./"
}

# __tb_f ID LIMIT sends how a command ended (`x`), its outputs (`o`, `e`) and a last record (`z`),
# and nothing at all while it runs. A child that was left behind may go on writing: what is sent
# is as long as was said before.
__tb_f() {
  read -r __tb_s 2>/dev/null <"$__tb_d/$1.s" || return
  set -- "$1" "$2" $(($(wc -c <"$__tb_d/$1.o"))) $(($(wc -c <"$__tb_d/$1.e")))
  __tb_say "$1:x:$__tb_s:$3:$4"
  __tb_e "$1" o "$2" "$3"
  __tb_e "$1" e "$2" "$4"
  __tb_say "$1:z:"
}

# __tb_r ID INPUT LIMIT runs the command in file ID.c in the background, in the shell $__tb_sh.
__tb_r() {
  ( trap : TERM
    [ "$2" = - ] && __tb_i=/dev/null || __tb_i=$__tb_d/$1.i
    setsid "$__tb_sh" -c "$(cat "$__tb_d/$1.c")" <"$__tb_i" >"$__tb_d/$1.o" 2>"$__tb_d/$1.e"
    echo $? >"$__tb_d/$1.s"
    __tb_f "$1" "$3"
  ) &
  __tb_p=$!
}

# __tb_u ID forgets a command.
__tb_u() { rm -f "$__tb_d/$1".?; }
