#!/bin/bash
# shellcheck disable=SC2030,SC2031,SC2154 # Subshells, on purpose; what the other files set.
# Commands in bash.
#
# __tb_j ID BYTES CHARACTERS STDIN and __tb_y ... are followed by that much command: `read -N`
# takes it in large pieces, where a script on a pipe would be read byte by byte. STDIN is `-` or
# the number of bytes that follow for standard input.
#
# __tb_y hands the command to the *runner*, a shell that has been forked beforehand: it waits for
# one command at a time in the foreground and answers, so that a command costs one fork, and the
# shell on the port hears heartbeats and timeouts meanwhile. __tb_j forks a reporter and below it
# the command's shell: for what runs beside another command. __tb_w has the runner say that it is
# free. The runner is told of a command by 64 characters, and then the command.
#
# The command's shell is a subshell, so that `exit`, `exec`, `cd`, `set -e` and traps stay in it;
# with `set -m` it (or its reporter) has a process group of its own. It has the guest's locale,
# and the OOM score of any process. The runner has them all the time, since a change costs most
# right after a fork: that is why it is told the command's length in characters of either kind.
# Descriptors of the shell on the port are in __tb_rf and __tb_of: no command has them.
#
# Outputs that are text travel in frames, newline as \x03: in pieces `p ID STREAM TEXT` of 3000
# bytes, the rest of both streams with the end (`d`). Builtins read 27 kB of a file in 15 ms under
# TCG, where `wc`, `head` and `base64` take 160 ms. What has a NUL or control characters of ours
# in it, or is longer than 64 such pieces, is fetched by __tb_f (`b`).

set -m
__tb_in() {
  if [[ $4 != - ]]; then IFS= read -r -N "$4" __tb_i; printf %s "$__tb_i" | base64 -d >"$__tb_d/$1.i"; fi
}
__tb_j() {
  IFS= read -r -N "$2" __tb_a
  __tb_in "$@"
  __tb_r "$1" "$4" &
  eval "__tb_p$1=\$!"
}
__tb_y() {
  if ! kill -0 "$__tb_rp"; then __tb_j "$@"; return; fi
  IFS= read -r -N "$2" __tb_a
  [[ $4 == - ]] || __tb_in "$@"
  printf '%-64s%s' "$__tb_n $*" "$__tb_a" >&"$__tb_rf"
}
__tb_w() { kill -0 "$__tb_rp" && printf '%-64s' "$__tb_n" >&"$__tb_rf"; }
__tb_r() {
  trap : TERM
  set +m
  for __tb_i in $__tb_rf $__tb_of; do exec {__tb_i}>&-; done
  local in=/dev/null
  [[ $2 != - ]] && in=$__tb_d/$1.i
  ( { [[ $__tb_o ]] && echo 0 >/proc/self/oom_score_adj
    unset LC_ALL in
    [[ $__tb_g ]] && export LC_ALL="$__tb_g"; } 2>/dev/null; set --
    eval "$__tb_a" ) <"$in" >"$__tb_d/$1.o" 2>"$__tb_d/$1.e"
  __tb_e "$1" $?
}
__tb_l() {
  trap : TERM
  set -m
  [[ $__tb_o ]] && echo 0 >/proc/self/oom_score_adj
  unset LC_ALL
  [[ $__tb_g ]] && export LC_ALL="$__tb_g"
  __tb_i=$'\303\251'; __tb_m=$(( ${#__tb_i} == 1 ? 3 : 2 ))
  while IFS= read -r -N 64 __tb_a; do
    # shellcheck disable=SC2206 # Split.
    __tb_h=($__tb_a)
    __tb_n=${__tb_h[0]} __tb_i=${__tb_h[1]}
    if [[ ! $__tb_i ]]; then printf '\001%s w\002' "$__tb_n"; continue; fi
    IFS= read -r -N "${__tb_h[__tb_m]}" __tb_a
    if [[ ${__tb_h[4]} == - ]]
    then ( eval "$__tb_a" ) </dev/null >"$__tb_d/$__tb_i.o" 2>"$__tb_d/$__tb_i.e"
    else ( eval "$__tb_a" ) <"$__tb_d/$__tb_i.i" >"$__tb_d/$__tb_i.o" 2>"$__tb_d/$__tb_i.e"
    fi
    __tb_e "$__tb_i" $?
  done
}
__tb_e() {
  if [[ ! -f $__tb_d/$1.e ]]; then printf '\001%s l %s\002' "$__tb_n" "$1"
  elif [[ -s $__tb_d/$1.o || -s $__tb_d/$1.e ]]; then __tb_eo "$@"
  else printf '\001%s d %s %s \004\002' "$__tb_n" "$1" "$2"
  fi
}
__tb_eo() {
  local x o s b k=0 LC_ALL=C
  for s in o e; do
    o=$x x=
    while IFS= read -r -d '' -n 3000 x; do
      if (( ${#x} < 3000 || ++k > 64 )) || [[ $x == *[$'\001'-$'\004']* ]]; then b=1; break 2; fi
      printf '\001%s p %s %s %s\002' "$__tb_n" "$1" $s "${x//$'\n'/$'\003'}"
    done <"$__tb_d/$1.$s"
  done
  if [[ $b || $o$x == *[$'\001'-$'\004']* ]]; then printf '\001%s b %s %s\002' "$__tb_n" "$1" "$2"; return; fi
  if (( ${#o} + ${#x} > 3000 )); then
    printf '\001%s p %s o %s\002' "$__tb_n" "$1" "${o//$'\n'/$'\003'}"; o=
  fi
  printf '\001%s d %s %s %s\004%s\002' "$__tb_n" "$1" "$2" "${o//$'\n'/$'\003'}" "${x//$'\n'/$'\003'}"
}

# Starts the runner. A process substitution needs no program that the guest may lack, but /dev/fd;
# without it every command gets a reporter.
__tb_go() {
  if [ -e /dev/fd/0 ]; then exec {__tb_rf}> >(__tb_l); __tb_rp=$!; fi
}
