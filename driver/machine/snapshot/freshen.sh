#!/bin/sh
# shellcheck disable=SC2059,SC2154 # The order is a format; the line before sets what is needed.
# For the driver's shell itself. __tb_i is the order as printf takes it, __tb_m the time for `date`,
# __tb_l what is mixed into the pool where the program cannot run.

__tb_s=
if [ "$__tb_fp" ] && kill -0 "$__tb_fp" 2>/dev/null; then
  # shellcheck disable=SC3045 # Only bash has started a program.
  { printf "$__tb_i" >&"$__tb_ff"; read -r -t 5 -N 1 -u "$__tb_fa" __tb_s; } 2>/dev/null
  # One that has not answered may do so later, and is not asked again.
  [ "$__tb_s" ] || __tb_fp=
fi
[ "$__tb_s" = 0 ] || __tb_s=$(printf "$__tb_i" | /run/tapboot-freshen 2>/dev/null)
[ "$__tb_s" = 0 ] || { date -s "@$__tb_m" >/dev/null; printf %s "$__tb_l" >/dev/urandom; }
__tb_i='' __tb_l=''
