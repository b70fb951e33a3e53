#!/bin/sh
# The functions that a printed plan is made of. Names begin with an underscore, which no plan's name
# does.
#
# - `$(...)` cuts newlines off the end, so an X is printed behind every output.
# - stdout and stderr are both caught without temporary files: stderr flows into the outer `$(...)`,
#   a mark with the shell's process id follows, then stdout.
# - A command that began with a hyphen would be taken for an option: hence the blank.

_tapboot_shell='sh'
if command -v bash >/dev/null 2>&1; then _tapboot_shell='bash'; fi
_tapboot_newline='
'

# _tapboot_run TITLE COMMAND [INPUT]
_tapboot_run() {
  _tapboot_title=$1
  printf '# %s\n' "$1"
  _tapboot_mark="<tapboot $$ stdout>"
  _tapboot_all=$(
    {
      _tapboot_out=$(
        if [ "$#" -gt 2 ]; then printf '%s' "$3" | "$_tapboot_shell" -c " $2"
        else "$_tapboot_shell" -c " $2" </dev/null; fi
        _tapboot_status=$?
        printf X
        exit "$_tapboot_status"
      )
      _tapboot_status=$?
    } 2>&1
    printf '%s%sX' "$_tapboot_mark" "$_tapboot_out"
    exit "$_tapboot_status"
  )
  _tapboot_status=$?
  _tapboot_err=${_tapboot_all%%"$_tapboot_mark"*}
  _tapboot_out=${_tapboot_all#*"$_tapboot_mark"}
  _tapboot_out=${_tapboot_out%XX}
  printf '%s' "$_tapboot_err" >&2
  printf '%s' "$_tapboot_out"
}

# _tapboot_fail WHAT EXPECTED GOT
_tapboot_fail() {
  printf 'FAILED: %s\n  %s\n  expected: %s\n  got:      %s\n' "$_tapboot_title" "$1" "$2" "$3" >&2
  exit 1
}

# _tapboot_exit STATUSES|nonzero|any
_tapboot_exit() {
  case $1 in
    any) return 0 ;;
    nonzero) [ "$_tapboot_status" -eq 0 ] || return 0 ;;
    *) case " $1 " in *" $_tapboot_status "*) return 0 ;; esac ;;
  esac
  _tapboot_fail 'exit status' "$1" "$_tapboot_status"
}

# _tapboot_pick out|err: the stream by its name, in _tapboot_text
_tapboot_pick() {
  case $1 in
    out) _tapboot_text=$_tapboot_out ;;
    err) _tapboot_text=$_tapboot_err ;;
  esac
}

# _tapboot_has out|err TEXT
_tapboot_has() {
  _tapboot_pick "$1"
  case $_tapboot_text in *"$2"*) return 0 ;; esac
  _tapboot_fail "std$1 contains" "$2" "$_tapboot_text"
}

# _tapboot_lacks out|err TEXT
_tapboot_lacks() {
  _tapboot_pick "$1"
  case $_tapboot_text in *"$2"*) ;; *) return 0 ;; esac
  _tapboot_fail "std$1 does not contain" "$2" "$_tapboot_text"
}

# _tapboot_equals out|err TEXT: a newline at the end of either is ignored
_tapboot_equals() {
  _tapboot_pick "$1"
  if [ "${_tapboot_text%"$_tapboot_newline"}" = "${2%"$_tapboot_newline"}" ]; then return 0; fi
  _tapboot_fail "std$1 equals" "$2" "$_tapboot_text"
}
