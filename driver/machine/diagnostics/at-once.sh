#!/bin/sh
# Commands come behind this script, each between a begin with its name, and an end: marks in both
# outputs, a random word whose halves are $1 and $2, so that it is nowhere else, not even where a
# guest writes down the commands that it gets.

tb_m=$1-$2
set --
# A mark on stdout: `MARK b NAME` begins a section, `MARK e STATUS` ends it.
tb_b() { printf '%s b %s\n' "$tb_m" "$1"; }
tb_e() { printf '%s e %s\n' "$tb_m" $?; printf %s "$tb_m" >&2; }
