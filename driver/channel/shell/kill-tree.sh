#!/bin/sh
# __tb_k PID SIGNAL signals all that descends from PID, by parent, process group or session; a
# group alone misses what `timeout` and `setsid` start. PID itself is spared: it is the wrapper
# that reports. Works in any shell.

__tb_k() {
  __tb_t=" $1 "; __tb_w=$1; __tb_s=$2; __tb_m=1
  while [ $__tb_m = 1 ]; do
    __tb_m=0
    for __tb_f in /proc/[0-9]*/stat; do
      { read -r __tb_l <"$__tb_f"; } 2>/dev/null || continue
      case $__tb_t in *" ${__tb_l%% *} "*) continue ;; esac
      __tb_i=${__tb_l%% *}
      # shellcheck disable=SC2086 # Split: state, parent, group, session (proc(5)).
      set -- ${__tb_l##*) }
      case $__tb_t in *" $2 "*|*" $3 "*|*" $4 "*) __tb_t="$__tb_t$__tb_i "; __tb_m=1 ;; esac
    done
  done
  for __tb_i in $__tb_t; do
    [ "$__tb_i" = "$__tb_w" ] || kill -s "$__tb_s" "$__tb_i" 2>/dev/null
  done
}
