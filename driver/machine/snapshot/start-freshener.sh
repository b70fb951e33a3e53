#!/bin/bash
# shellcheck disable=SC2034,SC2154 # What the shell's half sets, and freshen.sh uses.
# For the driver's shell itself: starts the program that freshens, so that a restored machine needs
# neither a fork nor an exec to become fresh; both are slow on cold code. Two pipes of the shell's
# own lead to it and back: a shell that writes into a pipe of which it is a reader, too, is not
# killed by SIGPIPE when the program is gone. The program has one end only, and ends with the shell.
# Does nothing where it runs already (in a restored machine, or after an earlier save).

if [ -x /run/tapboot-freshen ] && [ -e /dev/fd/0 ] && ! { [ "$__tb_fp" ] && kill -0 "$__tb_fp" 2>/dev/null; }; then
  for __tb_i in $__tb_of; do exec {__tb_i}>&-; done
  exec {__tb_ff}<> <(:) {__tb_fa}<> <(:)
  __tb_of="$__tb_ff $__tb_fa"
  {
    for __tb_i in $__tb_rf $__tb_of; do exec {__tb_i}>&-; done
    exec /run/tapboot-freshen
  } </dev/fd/"$__tb_ff" >/dev/fd/"$__tb_fa" 2>/dev/null &
  __tb_fp=$!
fi
